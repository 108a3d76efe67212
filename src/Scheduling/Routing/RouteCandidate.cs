using E2LLM.Core.Plans;

namespace E2LLM.Scheduling.Routing;

/// <summary>A replica that a request may go to, and what is known of it.</summary>
public sealed record RouteCandidate
{
    /// <summary>Its name, unique among all candidates.</summary>
    public required string Key { get; init; }

    public required ReplicaPlan Plan { get; init; }

    public required ReplicaAvailability Availability { get; init; }

    /// <summary>What it said last.</summary>
    public required ReplicaSnapshot Snapshot { get; init; }

    /// <summary>What has been sent there and cannot be in the snapshot yet.</summary>
    public IReadOnlyCollection<RoutedPart> Routed { get; init; } = [];

    public bool IsServing => Availability != ReplicaAvailability.Unavailable;

    /// <summary>As the replica itself will decide: an answer is cut to what the sequence limit leaves, a prompt never.</summary>
    internal bool Fits(RouteRequest request) => Plan.Role == ReplicaRole.Prefill
        ? request.PromptTokens < Math.Min(Plan.Engine.MaxSequenceTokens, Plan.Engine.KvCells)
        : FitsWhole(request);

    internal bool FitsWhole(RouteRequest request) =>
        request.PromptTokens < Plan.Engine.MaxSequenceTokens
        && Math.Min(request.Tokens, Plan.Engine.MaxSequenceTokens) <= Plan.Engine.KvCells;

    internal ReplicaLoad ToLoad()
    {
        var maxRunning = Snapshot.RunningLimit > 0 ? Snapshot.RunningLimit
            : Plan.DecodeConcurrency > 0 ? Math.Min(Plan.DecodeConcurrency, Plan.Engine.MaxSequences) : Plan.Engine.MaxSequences;
        // The plan knows how the pace falls with the requests that run, the replica how fast it was when it was looked at last.
        var measured = Snapshot.TokenSeconds > 0 ? Snapshot.TokenSeconds / PlannedRates.TokenSeconds(Plan, Snapshot.TokenSecondsRunning) : 1;
        var factor = double.IsFinite(measured) ? measured : 1;
        var load = new ReplicaLoad
        {
            Role = Plan.Role,
            QueuedRequests = Snapshot.QueuedRequests,
            RunningRequests = Snapshot.RunningRequests,
            MaxSequences = maxRunning,
            ReservedKvCells = Snapshot.ReservedKvCells,
            KvCells = Plan.Engine.KvCells,
            PendingTokens = Snapshot.PendingTokens,
            AwaitedKvTokens = Snapshot.AwaitedKvTokens,
            TokensPerSecond = Snapshot.MeasuredTokensPerSecond > 0 ? Snapshot.MeasuredTokensPerSecond : PlannedRates.TokensPerSecond(Plan),
            PrefillTokensPerSecond = PlannedRates.ReadTokensPerSecond(Plan),
            AloneTokenSeconds = factor * PlannedRates.TokenSeconds(Plan, 1),
            FullTokenSeconds = factor * PlannedRates.TokenSeconds(Plan, maxRunning),
        };
        return Routed.Aggregate(load, (sum, part) => sum.Plus(part));
    }
}
