using E2LLM.Core.Plans;
using E2LLM.Core.Requests;

namespace E2LLM.Core.Statistics;

/// <summary>What the statistics have to know of a request that is done.</summary>
[GenerateSerializer, Alias("E2LLM.RequestEnd"), Immutable]
public sealed record RequestEnd
{
    [Id(0)] public required FinishReason Finish { get; init; }

    /// <summary>
    /// Names the replicas that took part, also where they did not live to say so, and has no devices. No name: no replica was found.
    /// </summary>
    [Id(1)] public required RequestTimeline Timeline { get; init; }

    /// <summary>What the first of the replicas, or the only one, was to do: MIXED or PREFILL.</summary>
    [Id(2)] public required ReplicaRole Role { get; init; }

    /// <summary>As the request gave it; empty where it gave none.</summary>
    [Id(3)] public string CallerId { get; init; } = "";

    /// <summary>With <see cref="RequestTimeline.AcceptedAt"/>: which request, so that none is counted twice. Empty where nobody can tell.</summary>
    [Id(4)] public string RequestId { get; init; } = "";

    /// <summary>It was turned away before any replica took it: a full queue, too long a wait, or it can never fit.</summary>
    [Id(5)] public bool IsRefused { get; init; }
}
