using System.Collections.Immutable;
using E2LLM.Core.Plans;

namespace E2LLM.Core.Statistics;

/// <summary>
/// The requests of a model, a role or a replica. One that two replicas served counts with both of them and with both roles. Latencies
/// are of whole answers only; what failed or was cancelled is counted.
/// </summary>
[GenerateSerializer, Alias("E2LLM.RequestGroupStatistics"), Immutable]
public sealed record RequestGroupStatistics
{
    /// <summary>Null: all of the model.</summary>
    [Id(0)] public ReplicaRole? Role { get; init; }

    /// <summary>Generation of the plan and name of the replica, "3/r0"; empty for all of the role, or of the model.</summary>
    [Id(1)] public string Replica { get; init; } = "";

    [Id(2)] public long Requests { get; init; }

    /// <summary>Of the requests, those that failed, whoever was to blame. One that was refused is none of them.</summary>
    [Id(3)] public long Failed { get; init; }

    [Id(4)] public long Cancelled { get; init; }

    /// <summary>How often requests were begun anew because their replica was lost.</summary>
    [Id(5)] public long Replays { get; init; }

    /// <summary>Of all requests, whole or not; those that a DECODER was handed are not its own.</summary>
    [Id(6)] public long PromptTokens { get; init; }

    /// <summary>Of all requests, whole or not; those of a PREFILL replica's requests are not its own.</summary>
    [Id(7)] public long GeneratedTokens { get; init; }

    /// <summary>Those that have values.</summary>
    [Id(8)] public ImmutableArray<FigureSummary> Figures { get; init; } = [];

    /// <summary>Of the requests, those that were turned away before a replica took them: a full queue, too long a wait, or they can never fit.</summary>
    [Id(9)] public long Refused { get; init; }

    /// <summary>Null where there is no value.</summary>
    public ValueSummary? Find(RequestFigure figure) => Figures.FirstOrDefault(summary => summary.Figure == figure)?.Values;
}
