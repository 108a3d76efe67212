namespace E2LLM.Core.Plans;

/// <summary>What a plan is predicted to do for the workload that it was made for.</summary>
[GenerateSerializer, Alias("E2LLM.PlanPrediction"), Immutable]
public sealed record PlanPrediction
{
    /// <summary>Wait for prefill, for the KV link and for a decode slot, together.</summary>
    [Id(0)] public required double MeanWaitSeconds { get; init; }

    [Id(1)] public required double P90WaitSeconds { get; init; }

    /// <summary>From arrival to the first token.</summary>
    [Id(2)] public required double TtftSeconds { get; init; }

    /// <summary>Per output token after the first.</summary>
    [Id(3)] public required double TpotSeconds { get; init; }

    /// <summary>The highest rate that does not let a queue grow without end.</summary>
    [Id(4)] public required double CapacityRequestsPerSecond { get; init; }

    [Id(5)] public double PrefillWaitSeconds { get; init; }

    /// <summary>Queueing for the link between a PREFILL and a DECODER replica; the transfer itself is no wait.</summary>
    [Id(6)] public double KvLinkWaitSeconds { get; init; }

    [Id(7)] public double DecodeWaitSeconds { get; init; }

    /// <summary>Mean seconds of a request from arrival to its last token, without any wait.</summary>
    [Id(8)] public double ServiceSeconds { get; init; }

    /// <summary>What limits the capacity: "prefill", "decode", "KV links" or "MIXED replicas".</summary>
    [Id(9)] public string BindingResource { get; init; } = "";

    /// <summary>
    /// The rate that replicas reach while there are always requests that wait: below the capacity, which no schedule exceeds. Stages of a
    /// pipeline wait for each other, and the requests that run are longer than the mean, so that fewer of them fit the KV cache.
    /// </summary>
    [Id(10)] public double SustainedRequestsPerSecond { get; init; }

    /// <summary>The highest rate at which the request's service targets are predicted to hold; 0 where they do not at any.</summary>
    [Id(11)] public double GoodputRequestsPerSecond { get; init; }

    /// <summary>As <see cref="TpotSeconds"/>, in the company that a tenth of the requests find.</summary>
    [Id(12)] public double P90TpotSeconds { get; init; }
}
