namespace E2LLM.Cluster.Tests.Faults;

/// <summary>How often which calls come to harm. A call has one fault at most.</summary>
internal sealed record FaultRule
{
    /// <summary>A call's name as <see cref="CallNames"/> gives it, with <c>*</c> for any text: "IStageGrain.*", "IRequestGrain.RunAsync/MoveNext".</summary>
    public required string Calls { get; init; }

    /// <summary>Share of the calls that are lost; 0 to 1.</summary>
    public double LostCalls { get; init; }

    /// <summary>Share of the calls whose replies are lost; 0 to 1.</summary>
    public double LostReplies { get; init; }

    /// <summary>Share of the calls that come late; 0 to 1.</summary>
    public double Delays { get; init; }

    /// <summary>Share of the calls that come twice; 0 to 1. Parts of a stream that cannot come twice only come late instead.</summary>
    public double Duplicates { get; init; }

    /// <summary>The longest delay, also of a second call behind its first.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How many calls of each name may come to harm by this rule.</summary>
    public int MaxFaults { get; init; } = int.MaxValue;

    /// <summary>The fault of a call, by two draws from 0 to 1; null for none.</summary>
    public Fault? Draw(double kind, double delay)
    {
        var late = MaxDelay * delay;
        return (kind -= LostCalls) < 0 ? new Fault(FaultKind.LostCall, TimeSpan.Zero)
            : (kind -= LostReplies) < 0 ? new Fault(FaultKind.LostReply, TimeSpan.Zero)
            : (kind -= Delays) < 0 ? new Fault(FaultKind.Delay, late)
            : kind - Duplicates < 0 ? new Fault(FaultKind.Duplicate, late)
            : null;
    }
}

/// <param name="Kind">What happens.</param>
/// <param name="Delay">How late the call comes, or the second one behind the first.</param>
internal readonly record struct Fault(FaultKind Kind, TimeSpan Delay);
