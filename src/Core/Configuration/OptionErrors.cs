using E2LLM.Core.Errors;

namespace E2LLM.Core.Configuration;

/// <summary>Collects what is wrong with the options of a section, so that all of it is reported at once.</summary>
/// <param name="section">Path of the section, such as "E2LLM:Serving"; empty where the options have none.</param>
public sealed class OptionErrors(string section)
{
    private readonly List<string> _lines = [];

    /// <summary>One sentence an error: the key, its value and what is valid.</summary>
    public IReadOnlyList<string> Lines => _lines;

    public static string Message(string key, object? value, string valid) =>
        FormattableString.Invariant($"{key} is {(value is string text ? $"'{text}'" : value)}; it must be {valid}.");

    /// <summary>Checks every option against its <see cref="OptionRangeAttribute"/>, and enumerations for values that they do not have.</summary>
    public OptionErrors CheckRanges(object options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _lines.AddRange(OptionFact.Of(options.GetType(), section).Select(option => option.Fault(options)).OfType<string>());
        return this;
    }

    public void CheckName(string option, string value, IReadOnlyList<string> names)
    {
        if (!names.Contains(value, StringComparer.Ordinal))
            Add(option, value, "one of: " + string.Join(", ", names));
    }

    public void Add(string option, object? value, string valid) => _lines.Add(Message(Key(option), value, valid));

    /// <summary>An error that is more than a value out of place.</summary>
    public void Add(string line) => _lines.Add(line);

    public void AddRange(IEnumerable<string> lines) => _lines.AddRange(lines);

    public string Key(string option) => section.Length == 0 ? option : $"{section}:{option}";

    /// <exception cref="ConfigurationException">Something is wrong: one line an error.</exception>
    public void ThrowIfAny()
    {
        if (_lines.Count > 0)
            throw new ConfigurationException(string.Join(Environment.NewLine, _lines));
    }
}
