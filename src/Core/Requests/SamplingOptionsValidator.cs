using System.Globalization;
using E2LLM.Core.Errors;

namespace E2LLM.Core.Requests;

/// <summary>The ranges of <see cref="SamplingOptions"/>, for the gateway and for the engines alike.</summary>
public static class SamplingOptionsValidator
{
    /// <summary>Everything that is out of range, each naming the option, its value and the range; empty where all is well.</summary>
    public static IReadOnlyList<string> Problems(SamplingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var problems = new List<string>();
        Check(nameof(options.Temperature), options.Temperature, options.Temperature is >= 0 and <= 2, "0 to 2");
        Check(nameof(options.TopK), options.TopK, options.TopK >= 0, "0 or more");
        Check(nameof(options.TopP), options.TopP, options.TopP is > 0 and <= 1, "above 0 to 1");
        Check(nameof(options.MinP), options.MinP, options.MinP is >= 0 and <= 1, "0 to 1");
        Check(nameof(options.RepeatPenalty), options.RepeatPenalty, options.RepeatPenalty is > 0 and <= 10, "above 0 to 10");
        Check(nameof(options.FrequencyPenalty), options.FrequencyPenalty, options.FrequencyPenalty is >= -2 and <= 2, "-2 to 2");
        Check(nameof(options.PresencePenalty), options.PresencePenalty, options.PresencePenalty is >= -2 and <= 2, "-2 to 2");
        Check(nameof(options.PenaltyLastTokens), options.PenaltyLastTokens, options.PenaltyLastTokens is >= 0 and <= 4096, "0 to 4096");
        return problems;

        // Comparisons with not-a-number are false, so it is refused everywhere.
        void Check(string name, IFormattable value, bool isValid, string range)
        {
            if (!isValid)
                problems.Add($"{name} is {value.ToString(null, CultureInfo.InvariantCulture)}, but must be {range}");
        }
    }

    /// <exception cref="RequestRejectedException">Lists every option that is out of range.</exception>
    public static void Check(SamplingOptions options)
    {
        var problems = Problems(options);
        if (problems.Count > 0)
            throw new RequestRejectedException($"Sampling options: {string.Join("; ", problems)}.");
    }
}
