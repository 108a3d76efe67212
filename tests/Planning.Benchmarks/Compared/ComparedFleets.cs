using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Planning.FleetFiles;
using E2LLM.Planning.Presets;

namespace E2LLM.Planning.Benchmarks.Compared;

/// <summary>Fleets that have little in common: the paper's, boards, a campus of machines no two of which are alike, one with slow and fast links, graphics cards.</summary>
internal static class ComparedFleets
{
    public static readonly string[] Names = ["paper-testbed", "pi-and-jetson", "unlike-16", "campus.json", "gpu-lab.json"];

    /// <param name="name">A preset, or a file of the directory fleets.</param>
    /// <exception cref="ConfigurationException">There is no such preset or file.</exception>
    public static FleetSpec Get(string name) => name.EndsWith(".json", StringComparison.Ordinal)
        ? FleetFileReader.Read(Path.Combine(AppContext.BaseDirectory, "fleets", name))
        : FleetPresets.Get(name);
}
