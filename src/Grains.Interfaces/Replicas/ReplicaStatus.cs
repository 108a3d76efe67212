namespace E2LLM.Grains.Interfaces.Replicas;

/// <summary>A replica's load at one moment.</summary>
[GenerateSerializer, Alias("E2LLM.ReplicaStatus"), Immutable]
public sealed record ReplicaStatus
{
    [Id(0)] public required string Key { get; init; }

    [Id(1)] public bool IsServing { get; init; }

    [Id(2)] public int QueuedRequests { get; init; }

    [Id(3)] public int RunningRequests { get; init; }

    [Id(4)] public int ReservedKvCells { get; init; }

    [Id(5)] public int KvCells { get; init; }

    [Id(6)] public int StepsInFlight { get; init; }

    [Id(7)] public long CompletedSteps { get; init; }

    [Id(8)] public long CompletedRequests { get; init; }

    [Id(9)] public long GeneratedTokens { get; init; }

    /// <summary>Tokens of queued and running requests that have still to be read or written.</summary>
    [Id(10)] public long PendingTokens { get; init; }

    /// <summary>Running requests whose prompt is read and whose KV cache is being handed on.</summary>
    [Id(11)] public int HeldRequests { get; init; }

    /// <summary>Running requests whose KV cache has not arrived yet.</summary>
    [Id(12)] public int AwaitingKvRequests { get; init; }

    [Id(13)] public long HandedOffRequests { get; init; }

    /// <summary>Steps that were lost since the replica was started.</summary>
    [Id(14)] public long FailedSteps { get; init; }

    /// <summary>Why it does not serve, or else why a step was lost last; empty where none was.</summary>
    [Id(15)] public string LastFailure { get; init; } = "";

    /// <summary>Rate at which it worked off tokens when requests last waited for it; 0: none has.</summary>
    [Id(16)] public double MeasuredTokensPerSecond { get; init; }
}
