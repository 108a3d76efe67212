using System.Globalization;
using E2LLM.Core.Errors;
using E2LLM.Core.Workloads;
using E2LLM.Planning.Workloads;

namespace E2LLM.Cli.Planning.Inputs;

/// <summary>A workload by the name of a preset, by a trace, or by its mean lengths alone: "576/588".</summary>
internal static class WorkloadInput
{
    /// <exception cref="ConfigurationException">No such file or name, or the trace makes no sense.</exception>
    public static WorkloadSpec Resolve(string text, double? requestsPerSecond, int? horizonRequests = null)
    {
        var workload = WorkloadPresets.Find(text) ?? Lengths(text) ?? Trace(text);
        return workload with
        {
            RequestsPerSecond = requestsPerSecond ?? workload.RequestsPerSecond,
            HorizonRequests = horizonRequests ?? workload.HorizonRequests,
        };
    }

    private static WorkloadSpec? Lengths(string text) =>
        text.Split('/') is [var input, var output] && TryTokens(input, out var inputTokens) && TryTokens(output, out var outputTokens)
            ? new WorkloadSpec { Name = text, RequestsPerSecond = 1, MeanInputTokens = inputTokens, MeanOutputTokens = outputTokens }
            : null;

    private static bool TryTokens(string text, out double tokens) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out tokens);

    private static WorkloadSpec Trace(string text) => File.Exists(text)
        ? TraceWorkload.Read(text)
        : throw new ConfigurationException(
            $"--workload is '{text}', must be a CSV trace, mean tokens in and out such as 576/588, or one of: {string.Join(", ", WorkloadPresets.Names)}.");
}
