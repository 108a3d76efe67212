using System.Text.Json;
using E2LLM.Core.Errors;

namespace E2LLM.Gateway.OpenAi;

/// <summary>
/// Fields that would change the answer and that are not served yet. They are refused rather than ignored, unless their value asks
/// for nothing: a client that believes that it got JSON, or five choices, is worse off than one that got an error.
/// </summary>
internal static class UnsupportedFields
{
    private static readonly (string Name, Func<JsonElement, bool> AsksForNothing)[] Fields =
    [
        ("n", IsOne),
        ("best_of", IsOne),
        ("echo", IsFalse),
        ("suffix", IsEmpty),
        ("logprobs", IsFalse),
        ("top_logprobs", IsZero),
        ("logit_bias", IsEmpty),
        ("tools", IsEmpty),
        ("tool_choice", value => IsText(value, "none") || IsText(value, "auto")),
        ("functions", IsEmpty),
        ("function_call", value => IsText(value, "none") || IsText(value, "auto")),
        ("response_format", IsTextFormat),
        ("modalities", IsTextModality),
        ("audio", Never),
        ("prediction", Never),
        ("web_search_options", Never),
        ("grammar", IsEmpty),
        ("json_schema", Never),
        ("guided_json", Never),
        ("guided_regex", Never),
        ("guided_choice", Never),
        ("guided_grammar", Never),
        ("structured_outputs", Never),
        ("min_tokens", IsZero),
    ];

    /// <exception cref="RequestRejectedException">The first such field.</exception>
    public static void Refuse(JsonFields fields)
    {
        foreach (var (name, asksForNothing) in Fields)
            if (fields.Find(name) is { } value && !asksForNothing(value))
                throw Unsupported(name, $"{name} with this value is not supported.");
    }

    public static RequestRejectedException Unsupported(string name, string message) =>
        new(message) { Code = RejectionCodes.UnsupportedParameter, Parameter = name };

    private static bool Never(JsonElement value) => false;

    private static bool IsOne(JsonElement value) => IsNumber(value, 1);

    private static bool IsZero(JsonElement value) => IsNumber(value, 0);

    private static bool IsNumber(JsonElement value, int number) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var actual) && actual == number;

    private static bool IsFalse(JsonElement value) => value.ValueKind == JsonValueKind.False;

    private static bool IsText(JsonElement value, string text) => value.ValueKind == JsonValueKind.String && value.ValueEquals(text);

    private static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.GetPropertyCount() == 0,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        _ => IsText(value, ""),
    };

    private static bool IsTextFormat(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty("type", out var type) && IsText(type, "text");

    private static bool IsTextModality(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(modality => IsText(modality, "text"));
}
