using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Planning.Comparison;
using E2LLM.Planning.Differences;
using E2LLM.Planning.Search;

namespace E2LLM.Cli.Planning;

/// <summary>A new plan beside an older one, both judged by the new request.</summary>
internal sealed record PlanComparison
{
    /// <summary>Priced for the new request; as it was read where it does not fit it any more.</summary>
    public required ServingPlan Before { get; init; }

    public required ServingPlan After { get; init; }

    /// <summary>Why the older plan cannot serve the new request; null where it can.</summary>
    public required string? Misfit { get; init; }

    public required PlanDifference Difference { get; init; }

    /// <summary>For the objective of the request; null where the change never pays for itself, or there is nothing to weigh.</summary>
    public required double? BreakEvenSeconds { get; init; }

    public bool IsSame => Misfit is null && Difference.Moves.IsEmpty;

    /// <summary>Whether the change is worth it, in one sentence.</summary>
    public string Verdict => this switch
    {
        { IsSame: true } => "The two plans are the same.",
        { Misfit: { } misfit } => $"The older plan cannot serve this request: {misfit}",
        { BreakEvenSeconds: { } seconds } =>
            $"The change has paid for itself {Figures.Seconds(seconds)} after the weights have moved, if nothing is served while they move.",
        _ => "The change never pays for itself.",
    };

    public static PlanComparison Between(PlanRequest request, ServingPlan before, ServingPlan after, CancellationToken cancellationToken)
    {
        string? misfit = null;
        try
        {
            before = PlanPricer.Price(new PlanningContext(request, cancellationToken), before, certify: false);
        }
        catch (PlanningException error)
        {
            misfit = error.Message;
        }
        var difference = PlanComparer.Compare(request, before, after);
        return new PlanComparison
        {
            Before = before,
            After = after,
            Misfit = misfit,
            Difference = difference,
            BreakEvenSeconds = misfit is null ? BreakEven(request, before.Prediction!, after.Prediction!, difference) : null,
        };
    }

    // A plan for short waits may give capacity away: then the waiting time that it saves is what has to make up for the move.
    private static double? BreakEven(PlanRequest request, PlanPrediction before, PlanPrediction after, PlanDifference difference) =>
        request.Objective == PlanObjective.Capacity
            ? difference.BreakEvenSeconds
            : WaitBreakEven.Seconds(request.Workload!.RequestsPerSecond, difference.MoveSeconds, before, after) ?? difference.BreakEvenSeconds;
}
