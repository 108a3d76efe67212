using System.Text.Json;

namespace E2LLM.Gateway.OpenAi;

/// <summary>Values of a field that ask for nothing that is not done anyway.</summary>
internal static class FieldValues
{
    /// <summary>Of a field that is served, and checked by whoever reads it, or that changes no answer.</summary>
    public static bool Any(JsonElement value) => true;

    public static bool IsFalse(JsonElement value) => value.ValueKind == JsonValueKind.False;

    public static bool IsTrue(JsonElement value) => value.ValueKind == JsonValueKind.True;

    public static bool IsBoolean(JsonElement value) => IsTrue(value) || IsFalse(value);

    public static bool IsZero(JsonElement value) => IsNumber(value, 0);

    public static bool IsOne(JsonElement value) => IsNumber(value, 1);

    /// <summary>0, or less where that stands for "without" too.</summary>
    public static bool IsZeroOrLess(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number <= 0;

    public static bool IsBelowZero(JsonElement value) => IsZeroOrLess(value) && !IsZero(value);

    public static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.GetPropertyCount() == 0,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        _ => IsText(value, ""),
    };

    public static bool IsNoTool(JsonElement value) => IsText(value, "none") || IsText(value, "auto");

    public static bool IsMedium(JsonElement value) => IsText(value, "medium");

    public static bool IsTextFormat(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty("type", out var type) && IsText(type, "text");

    public static bool IsTextModality(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(modality => IsText(modality, "text"));

    private static bool IsNumber(JsonElement value, int number) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var actual) && actual == number;

    private static bool IsText(JsonElement value, string text) => value.ValueKind == JsonValueKind.String && value.ValueEquals(text);
}
