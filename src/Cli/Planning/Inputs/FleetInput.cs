using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Planning.FleetFiles;
using E2LLM.Planning.Presets;

namespace E2LLM.Cli.Planning.Inputs;

/// <summary>A fleet by the path of its file, by the name of a preset, or by the name of a file that ships with the program.</summary>
internal static class FleetInput
{
    private static readonly string ShippedFolder = Path.Combine(AppContext.BaseDirectory, "fleets");

    /// <summary>Names of the shipped fleet files that no preset has.</summary>
    public static IReadOnlyList<string> ShippedNames { get; } = !Directory.Exists(ShippedFolder) ? [] :
    [
        .. Directory.EnumerateFiles(ShippedFolder, "*.json").Select(path => Path.GetFileNameWithoutExtension(path))
            .Except(FleetPresets.Names).Order(StringComparer.Ordinal),
    ];

    /// <exception cref="ConfigurationException">No such file or name, or the file makes no sense.</exception>
    public static FleetSpec Resolve(string text)
    {
        if (File.Exists(text))
            return FleetFileReader.Read(text);
        if (FleetPresets.Names.Contains(text))
            return FleetPresets.Get(text);
        return ShippedNames.Contains(text)
            ? Shipped(text)
            : throw new ConfigurationException($"--fleet is '{text}', must be a fleet file or one of: {string.Join(", ", FleetPresets.Names.Concat(ShippedNames))}.");
    }

    public static FleetSpec Shipped(string name) => FleetFileReader.Read(Path.Combine(ShippedFolder, name + ".json"));
}
