using System.Text.Json;
using E2LLM.Planning.Requests;

namespace E2LLM.Planning.FleetFiles;

/// <summary>Reads the members of one JSON object by name, collects what is wrong with its path, and reports members that nobody asked for.</summary>
internal sealed class JsonNodeReader
{
    private readonly JsonElement _element;
    private readonly string _path;
    private readonly FaultList _faults;
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    public JsonNodeReader(JsonElement element, string path, FaultList faults)
    {
        _element = element;
        _path = path;
        _faults = faults;
        IsObject = element.ValueKind == JsonValueKind.Object;
        if (!IsObject)
            faults.Add($"{(path.Length == 0 ? "the file" : path)} is {Describe(element)}, must be an object");
    }

    public bool IsObject { get; }

    public string Key(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    public bool Has(string name) => TryGet(name, out _);

    public string Text(string name, string range, string? fallback, Predicate<string> valid)
    {
        if (!TryGet(name, out var value))
            return Missing(name, range, fallback) ?? "";
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { } text && valid(text))
            return text;
        Fault(name, value, range);
        return fallback ?? "";
    }

    public double Number(string name, string range, double? fallback, Predicate<double> valid)
    {
        if (!TryGet(name, out var value))
            return Missing(name, range, fallback) ?? double.NaN;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && valid(number))
            return number;
        Fault(name, value, range);
        return fallback ?? double.NaN;
    }

    public bool Flag(string name, bool fallback)
    {
        if (!TryGet(name, out var value))
            return fallback;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return value.GetBoolean();
        Fault(name, value, "true or false");
        return fallback;
    }

    /// <summary>A figure written with its unit under <paramref name="name"/>, or as a bare number under <paramref name="bareName"/>.</summary>
    public double Measure(string name, string bareName, Quantity quantity, string range, double? fallback, Predicate<double> valid)
    {
        if (Has(name) && Has(bareName))
        {
            _faults.Add($"{Key(name)} and {Key(bareName)} are both given, must be one of them");
            return double.NaN;
        }
        if (!TryGet(name, out var value))
            return TryGet(bareName, out _)
                ? Number(bareName, range, null, valid)
                : Missing($"{name} (or {bareName})", range, fallback) ?? double.NaN;
        if (value.ValueKind == JsonValueKind.String && quantity.TryParse(value.GetString()!, out var number) && valid(number))
            return number;
        Fault(name, value, $"{quantity.Expected}, {range}");
        return fallback ?? double.NaN;
    }

    public JsonNodeReader? Object(string name) =>
        TryGet(name, out var value) ? new JsonNodeReader(value, Key(name), _faults) : null;

    public IEnumerable<JsonNodeReader> Objects(string name, bool required)
    {
        if (!TryGet(name, out var value))
        {
            if (required)
                Missing<string>(name, "an array of objects", null);
            yield break;
        }
        if (value.ValueKind != JsonValueKind.Array)
        {
            Fault(name, value, "an array of objects");
            yield break;
        }
        var index = 0;
        foreach (var item in value.EnumerateArray())
            yield return new JsonNodeReader(item, $"{Key(name)}[{index++}]", _faults);
    }

    /// <summary>Call last: every member that was not read is a fault, because a misspelt key must not be silently ignored.</summary>
    public void RejectUnknown()
    {
        if (!IsObject)
            return;
        foreach (var member in _element.EnumerateObject())
            if (!_asked.Contains(member.Name))
                _faults.Add($"{Key(member.Name)} is not known here, must be one of: {string.Join(", ", _asked.Order(StringComparer.Ordinal))}");
    }

    private bool TryGet(string name, out JsonElement value)
    {
        _asked.Add(name);
        value = default;
        return IsObject && _element.TryGetProperty(name, out value);
    }

    private T? Missing<T>(string name, string range, T? fallback)
    {
        if (fallback is null && IsObject)
            _faults.Add($"{Key(name)} is missing, must be {range}");
        return fallback;
    }

    private void Fault(string name, JsonElement value, string range) => _faults.Add($"{Key(name)} is {Describe(value)}, must be {range}");

    private static string Describe(JsonElement value)
    {
        var raw = value.GetRawText();
        return value.ValueKind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "an array",
            _ => raw.Length > 80 ? raw[..80] + "…" : raw,
        };
    }
}
