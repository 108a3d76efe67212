using System.Text.Json;
using E2LLM.Core.Errors;

namespace E2LLM.Gateway.OpenAi;

/// <summary>The fields of a JSON object, each read with its type checked. Absent and null are the same.</summary>
/// <param name="element">An object.</param>
/// <param name="path">Where it is: "" for the body itself, else such as "messages[2].".</param>
internal readonly struct JsonFields(JsonElement element, string path = "")
{
    /// <exception cref="RequestRejectedException">It is not an object.</exception>
    public static JsonFields Of(JsonElement element, string name) => element.ValueKind == JsonValueKind.Object
        ? new JsonFields(element, name.Length == 0 ? "" : name + ".")
        : throw Rejected(name, $"{(name.Length == 0 ? "The body" : name)} must be an object, but is {Kind(element)}.");

    public JsonElement? Find(string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public string? String(string name) => Find(name) is { } value ? String(value, path + name) : null;

    public static string String(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.String)
            throw Rejected(name, $"{name} must be a string, but is {Kind(value)}.");
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Rejected(name, $"{name} is not valid Unicode.");
        }
    }

    public bool? Boolean(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } other => throw Rejected(path + name, $"{path}{name} must be true or false, but is {Kind(other)}."),
    };

    public int? Int32(string name) => Find(name) switch
    {
        null => null,
        { } value when TryWhole(value, out var number) && number is >= int.MinValue and <= int.MaxValue => (int)number,
        _ => throw Rejected(path + name, $"{path}{name} must be a whole number of at most 32 bits."),
    };

    public long? Int64(string name) => Find(name) switch
    {
        null => null,
        { } value when TryWhole(value, out var number) => number,
        _ => throw Rejected(path + name, $"{path}{name} must be a whole number of at most 64 bits."),
    };

    /// <summary>Whether it is a whole number of at most 64 bits, however it is written: 8, 8.0 or 8e0.</summary>
    public static bool TryWhole(JsonElement value, out long number)
    {
        number = 0;
        if (value.ValueKind != JsonValueKind.Number)
            return false;
        if (value.TryGetInt64(out number))
            return true;
        // Beyond this a double skips whole numbers, and would be another one than was written.
        if (!value.TryGetDouble(out var real) || !double.IsInteger(real) || Math.Abs(real) > 1L << 53)
            return false;
        number = (long)real;
        return true;
    }

    /// <summary>May be infinite where the text has too large a number; the range is for the caller to check.</summary>
    public float? Single(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetDouble(out var number) => (float)number,
        { } other => throw Rejected(path + name, $"{path}{name} must be a number, but is {Kind(other)}."),
    };

    public static RequestRejectedException Rejected(string name, string message) =>
        new(message) { Code = RejectionCodes.InvalidValue, Parameter = name };

    public static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null or JsonValueKind.Undefined => "null",
        _ => "a boolean",
    };
}
