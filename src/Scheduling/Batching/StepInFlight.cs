using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace E2LLM.Scheduling.Batching;

/// <summary>A step that was issued, and its result once that is known.</summary>
internal sealed class StepInFlight(StepPlan plan, ImmutableArray<SequenceState> sequences)
{
    public StepPlan Plan => plan;

    /// <summary>The sequences of the plan's shares, in their order.</summary>
    public ImmutableArray<SequenceState> Sequences => sequences;

    /// <summary>One past the last position of each share.</summary>
    public ImmutableArray<int> Ends { get; } = EndsOf(sequences);

    /// <summary>One token per output row; default until the step is completed.</summary>
    public ImmutableArray<int> SampledTokens { get; private set; }

    public bool IsCompleted => !SampledTokens.IsDefault;

    /// <summary>Notes the result. A repeated report changes nothing: the first one counts.</summary>
    /// <exception cref="ArgumentException">Another number of tokens than the step has output rows.</exception>
    public void Complete(ImmutableArray<int> sampledTokens)
    {
        var tokens = sampledTokens.IsDefault ? [] : sampledTokens;
        if (tokens.Length != plan.OutputRows)
            throw new ArgumentException(
                $"Step {plan.StepNumber} has {plan.OutputRows} output rows, but {tokens.Length} tokens came.", nameof(sampledTokens));
        if (!IsCompleted)
            SampledTokens = tokens;
    }

    private static ImmutableArray<int> EndsOf(ImmutableArray<SequenceState> sequences)
    {
        var ends = new int[sequences.Length];
        for (var index = 0; index < ends.Length; index++)
            ends[index] = sequences[index].Issued;
        return ImmutableCollectionsMarshal.AsImmutableArray(ends);
    }
}
