using System.Collections.Frozen;
using E2LLM.Core.Errors;
using E2LLM.Core.Workloads;

namespace E2LLM.Planning.Workloads;

/// <summary>The known workloads.</summary>
/// <remarks>
/// "extended" and "custom-extended": mean lengths as a summary of arXiv 2606.03770 gives them, not checked against the paper; their
/// spread is not known and taken as exponential. "azure-…": means and spreads of the Azure LLM inference traces of 2023 (CC-BY 4.0).
/// </remarks>
public static class WorkloadPresets
{
    private static readonly FrozenDictionary<string, WorkloadSpec> ByName = new[]
    {
        new WorkloadSpec { Name = "extended", RequestsPerSecond = 0.5, MeanInputTokens = 576, MeanOutputTokens = 588 },
        new WorkloadSpec { Name = "custom-extended", RequestsPerSecond = 0.5, MeanInputTokens = 2284, MeanOutputTokens = 1004 },
        new WorkloadSpec
        {
            Name = "azure-conv",
            RequestsPerSecond = 5.53,
            MeanInputTokens = 1155,
            MeanOutputTokens = 211,
            ArrivalScv = 1.20,
            InputTokensScv = 0.92,
            OutputTokensScv = 0.60,
            HorizonRequests = 19_366,
        },
        new WorkloadSpec
        {
            Name = "azure-code",
            RequestsPerSecond = 2.57,
            MeanInputTokens = 2048,
            MeanOutputTokens = 28,
            ArrivalScv = 173,
            InputTokensScv = 0.93,
            OutputTokensScv = 4.6,
            HorizonRequests = 8_819,
        },
    }.ToFrozenDictionary(workload => workload.Name, StringComparer.Ordinal);

    /// <summary>The valid names, sorted.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. ByName.Keys.Order(StringComparer.Ordinal)];

    public static WorkloadSpec? Find(string name) => ByName.GetValueOrDefault(name);

    /// <exception cref="ConfigurationException">The name is unknown; lists the valid ones.</exception>
    public static WorkloadSpec Get(string name) => Find(name)
        ?? throw new ConfigurationException($"workload is '{name}', must be one of: {string.Join(", ", Names)}, or a CSV file.");
}
