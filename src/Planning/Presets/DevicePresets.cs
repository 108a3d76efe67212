using System.Collections.Frozen;
using System.Globalization;
using E2LLM.Core.Errors;

namespace E2LLM.Planning.Presets;

/// <summary>The known kinds of devices, from the embedded table of published measurements (devices.csv).</summary>
/// <remarks>
/// Effective rates: FLOP/s = prefill tokens/s * 2 * parameters, bytes/s = decode tokens/s * bytes of the model that was measured.
/// Real engines on these devices will differ: a measured profile always goes before a preset.
/// </remarks>
public static class DevicePresets
{
    /// <summary>Parameters and file bytes of the models in the table.</summary>
    private static readonly FrozenDictionary<string, (double Parameters, double Bytes)> MeasuredModels =
        new Dictionary<string, (double, double)>
        {
            ["tinyllama-1.1b-q4"] = (1.10e9, 0.67e9),
            ["llama-3.2-3b-q4"] = (3.21e9, 2.02e9),
            ["llama-2-7b-q4"] = (6.74e9, 3.83e9),
            ["llama-3-8b-q4"] = (8.03e9, 4.92e9),
            ["llama-3-8b-int4"] = (8.03e9, 4.6e9),
            ["deepseek-14b-q4"] = (14.8e9, 8.99e9),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, DevicePreset> ByName = Read();

    /// <summary>All presets, by name.</summary>
    public static IReadOnlyList<DevicePreset> All { get; } = [.. ByName.Values.OrderBy(preset => preset.Name, StringComparer.Ordinal)];

    /// <exception cref="ConfigurationException">The name is unknown; lists the valid ones.</exception>
    public static DevicePreset Get(string name) => ByName.TryGetValue(name, out var preset)
        ? preset
        : throw new ConfigurationException($"device preset is '{name}', must be one of: {string.Join(", ", All.Select(preset => preset.Name))}.");

    /// <summary>The preset of this name or description; null where there is none.</summary>
    public static DevicePreset? Find(string nameOrDescription) =>
        ByName.GetValueOrDefault(nameOrDescription) ?? All.FirstOrDefault(preset => preset.Description == nameOrDescription);

    private static FrozenDictionary<string, DevicePreset> Read()
    {
        using var stream = typeof(DevicePresets).Assembly.GetManifestResourceStream("devices.csv")
            ?? throw new InvalidOperationException("The table devices.csv is not embedded.");
        using var reader = new StreamReader(stream);
        var presets = new Dictionary<string, DevicePreset>(StringComparer.Ordinal);
        reader.ReadLine();
        while (reader.ReadLine() is { } line)
        {
            // The source comes last and may hold commas.
            var cells = line.Split(',', 10);
            double Number(int cell) => double.Parse(cells[cell], CultureInfo.InvariantCulture);
            var scale = Number(8);
            presets.Add(cells[0], new DevicePreset
            {
                Name = cells[0],
                Description = cells[1],
                MemoryBytes = (long)(Number(2) * (1L << 30)),
                Cores = (int)Number(3),
                FlopsPerSecond = scale * (cells[4] == "tflops" ? 1e12 * Number(5) : 2 * MeasuredModels[cells[4]].Parameters * Number(5)),
                BytesPerSecond = scale * MeasuredModels[cells[6]].Bytes * Number(7),
                Source = cells[9],
            });
        }
        return presets.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
