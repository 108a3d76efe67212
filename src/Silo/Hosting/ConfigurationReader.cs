using E2LLM.Core.Configuration;
using E2LLM.Core.Errors;

namespace E2LLM.Silo.Hosting;

/// <summary>
/// Reads sections of options and remembers everything that is wrong in any of them. Unlike the options' own binder it goes on where a
/// value is of another kind: the default stands in for it, so that all the rest can still be checked.
/// </summary>
internal sealed class ConfigurationReader(IConfiguration configuration)
{
    private readonly List<string> _sections = [];
    private readonly List<OptionFact> _facts = [];
    private readonly List<string> _errors = [];

    /// <summary>A key that nobody reads, what is wrong with it, and what could stand in its place.</summary>
    private readonly List<(string Key, string Fault, string There)> _unknown = [];

    /// <summary>The options of all sections that were read.</summary>
    public IReadOnlyList<OptionFact> Facts => _facts;

    /// <summary>Whether anything has been found that is wrong, unknown keys aside that nobody has looked for yet.</summary>
    public bool HasErrors => _errors.Count > 0;

    /// <param name="section">Path of the section, such as "E2LLM:Serving".</param>
    /// <param name="check">What is to be checked beyond the ranges of single options.</param>
    /// <param name="configure">Comes after the configuration, so it wins.</param>
    public T Read<T>(string section, Action<T, OptionErrors>? check = null, Action<T>? configure = null)
        where T : class, new()
    {
        var options = new T();
        var facts = OptionFact.Of(typeof(T), section);
        _sections.Add(section);
        _facts.AddRange(facts);
        var errors = new OptionErrors(section);
        foreach (var entry in configuration.GetSection(section).GetChildren())
        {
            var option = facts.FirstOrDefault(fact => fact.Name.Equals(entry.Key, StringComparison.OrdinalIgnoreCase));
            if (option is null)
                _unknown.Add((entry.Path, $"{entry.Path} is no option", string.Join(", ", facts.Select(fact => fact.Name))));
            else if (entry.Value is { } text && option.TrySet(options, text) is { } fault)
                errors.Add(fault);
            if (option is not null)
                errors.AddRange(entry.GetChildren().Select(child => $"{child.Path} is no option; {option.Key} is a single value."));
        }
        configure?.Invoke(options);
        errors.CheckRanges(options);
        check?.Invoke(options, errors);
        _errors.AddRange(errors.Lines);
        return options;
    }

    /// <summary>Finds what is read by nobody, once all sections have been read, and names the key that is nearest to it.</summary>
    public void CheckKeys(string root)
    {
        foreach (var child in configuration.GetSection(root).GetChildren())
            if (!_sections.Contains(child.Path, StringComparer.OrdinalIgnoreCase))
                _unknown.AddRange(KeysOf(child).Select(key => (key, $"{key} is no option: {child.Path} is no section", string.Join(", ", _sections))));
            else if (child.Value is { Length: > 0 } value)
                _errors.Add($"{child.Path} is '{value}'; it is a section, which has no value of its own.");
        foreach (var (key, fault, there) in _unknown)
            _errors.Add(NearestKey.Of(key, _facts.Select(fact => fact.Key)) is { } nearest
                ? $"{fault}; the nearest is {nearest}."
                : $"{fault}; there are: {there}.");
    }

    /// <summary>Takes an error that something else found in what the configuration names.</summary>
    public void Add(string error) => _errors.Add(error);

    /// <exception cref="ConfigurationException">Everything that is wrong: one line an error.</exception>
    public void ThrowIfAny()
    {
        if (_errors.Count > 0)
            throw new ConfigurationException(string.Join(Environment.NewLine, _errors));
    }

    private static IEnumerable<string> KeysOf(IConfigurationSection section) =>
        section.GetChildren().Any() ? section.GetChildren().SelectMany(KeysOf) : [section.Path];
}
