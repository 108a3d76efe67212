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

    /// <summary>The options of all sections that were read.</summary>
    public IReadOnlyList<OptionFact> Facts => _facts;

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
            if (facts.FirstOrDefault(fact => fact.Name.Equals(entry.Key, StringComparison.OrdinalIgnoreCase)) is not { } option)
                errors.Add($"{section}:{entry.Key} is no option; there are: {string.Join(", ", facts.Select(fact => fact.Name))}.");
            else if (entry.Value is { } text && option.TrySet(options, text) is { } fault)
                errors.Add(fault);
        }
        configure?.Invoke(options);
        errors.CheckRanges(options);
        check?.Invoke(options, errors);
        _errors.AddRange(errors.Lines);
        return options;
    }

    /// <summary>Finds what stands beside the sections that were read and is read by nobody.</summary>
    public void CheckSections(string root) => _errors.AddRange(configuration.GetSection(root).GetChildren()
        .Where(child => !_sections.Contains(child.Path, StringComparer.OrdinalIgnoreCase))
        .Select(child => $"{child.Path} is no section; there are: {string.Join(", ", _sections)}."));

    /// <summary>Takes an error that something else found in what the configuration names.</summary>
    public void Add(string error) => _errors.Add(error);

    /// <exception cref="ConfigurationException">Everything that is wrong: one line an error.</exception>
    public void ThrowIfAny()
    {
        if (_errors.Count > 0)
            throw new ConfigurationException(string.Join(Environment.NewLine, _errors));
    }
}
