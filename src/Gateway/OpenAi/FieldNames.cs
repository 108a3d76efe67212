using System.Collections.Frozen;
using E2LLM.Core.Requests;

namespace E2LLM.Gateway.OpenAi;

/// <summary>Names of the JSON fields that more than one place speaks of.</summary>
internal static class FieldNames
{
    public const string Model = "model";
    public const string Messages = "messages";
    public const string Prompt = "prompt";
    public const string MaxTokens = "max_tokens";
    public const string MaxCompletionTokens = "max_completion_tokens";
    public const string Stop = "stop";
    public const string ServiceTier = "service_tier";
    public const string MaxWaitSeconds = "max_wait_seconds";
    public const string User = "user";
    public const string SafetyIdentifier = "safety_identifier";

    private static readonly FrozenDictionary<string, string> ByProperty = new Dictionary<string, string>
    {
        [nameof(ChatRequest.Id)] = "id",
        [nameof(ChatRequest.ModelId)] = Model,
        [nameof(ChatRequest.Turns)] = Messages,
        [nameof(ChatRequest.Prompt)] = Prompt,
        [nameof(ChatRequest.MaxTokens)] = MaxTokens,
        [nameof(ChatRequest.StopTexts)] = Stop,
        [nameof(ChatRequest.Priority)] = ServiceTier,
        [nameof(ChatRequest.DeadlineSeconds)] = MaxWaitSeconds,
        [nameof(ChatRequest.CallerId)] = User,
        ["Sampling.Temperature"] = "temperature",
        ["Sampling.TopK"] = "top_k",
        ["Sampling.TopP"] = "top_p",
        ["Sampling.MinP"] = "min_p",
        ["Sampling.RepeatPenalty"] = "repeat_penalty",
        ["Sampling.FrequencyPenalty"] = "frequency_penalty",
        ["Sampling.PresencePenalty"] = "presence_penalty",
        ["Sampling.PenaltyLastTokens"] = "repeat_last_n",
    }.ToFrozenDictionary();

    /// <summary>The field that a rejected parameter came from; null for none.</summary>
    public static string? OfParameter(string parameter) =>
        parameter.Length == 0 ? null : ByProperty.GetValueOrDefault(parameter, parameter);
}
