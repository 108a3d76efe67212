using E2LLM.Scheduling.Routing;

namespace E2LLM.Scheduling.Tests.Routing;

internal static class TestLoads
{
    /// <summary>A MIXED replica that has nothing to do.</summary>
    public static ReplicaLoad Idle => new()
    {
        QueuedRequests = 0,
        RunningRequests = 0,
        MaxSequences = 4,
        ReservedKvCells = 0,
        KvCells = 100,
        PendingTokens = 0,
        TokensPerSecond = 10,
    };
}
