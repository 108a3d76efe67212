namespace E2LLM.Core.Requests;

/// <summary>The ranges of <see cref="SamplingOptions"/>. Native samplers trust their numbers, so doors ask here first.</summary>
public static class SamplingOptionsRules
{
    public const float MaxTemperature = 2;

    /// <summary>
    /// Below it a draw takes the likeliest token in any case, up to the last bit, while logits that are divided by it need not be
    /// finite any more. vLLM draws the line here too.
    /// </summary>
    public const float MinTemperature = 1e-5f;

    /// <summary>Below it logits that are divided by it need not be finite any more.</summary>
    public const float MinRepeatPenalty = 0.01f;

    public const float MaxRepeatPenalty = 10;
    public const float MaxPenalty = 2;
    public const int MaxPenaltyLastTokens = 4096;

    /// <summary>Every value that is out of range, or not a number, with a sentence that names the range.</summary>
    public static IEnumerable<(string Property, string Message)> FindErrors(SamplingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);

        // Written as "not inside", so that not-a-number is outside of every range.
        if (!(options.Temperature is >= 0 and <= MaxTemperature))
            yield return Error(nameof(options.Temperature), options.Temperature, $"from 0 to {MaxTemperature}");
        if (options.TopK < 0)
            yield return Error(nameof(options.TopK), options.TopK, "0 (keep all) or more");
        if (!(options.TopP is > 0 and <= 1))
            yield return Error(nameof(options.TopP), options.TopP, "above 0, and at most 1");
        if (!(options.MinP is >= 0 and <= 1))
            yield return Error(nameof(options.MinP), options.MinP, "from 0 to 1");
        if (!(options.RepeatPenalty is >= MinRepeatPenalty and <= MaxRepeatPenalty))
            yield return Error(nameof(options.RepeatPenalty), options.RepeatPenalty, $"from {MinRepeatPenalty} to {MaxRepeatPenalty}");
        if (!(options.FrequencyPenalty is >= -MaxPenalty and <= MaxPenalty))
            yield return Error(nameof(options.FrequencyPenalty), options.FrequencyPenalty, $"from {-MaxPenalty} to {MaxPenalty}");
        if (!(options.PresencePenalty is >= -MaxPenalty and <= MaxPenalty))
            yield return Error(nameof(options.PresencePenalty), options.PresencePenalty, $"from {-MaxPenalty} to {MaxPenalty}");
        if (options.PenaltyLastTokens is < 0 or > MaxPenaltyLastTokens)
            yield return Error(nameof(options.PenaltyLastTokens), options.PenaltyLastTokens, $"from 0 to {MaxPenaltyLastTokens}");
    }

    /// <summary>The same options, in the form that samplers know: a temperature next to 0 is 0, which takes the likeliest token.</summary>
    public static SamplingOptions Normalise(SamplingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Temperature < MinTemperature ? options with { Temperature = 0 } : options;
    }

    private static (string Property, string Message) Error(string property, float value, string range) =>
        (property, $"{property} must be {range}, but is {value}.");
}
