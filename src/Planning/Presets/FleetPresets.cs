using System.Collections.Frozen;
using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;

namespace E2LLM.Planning.Presets;

/// <summary>Fleets of preset devices for planning and simulation without hardware.</summary>
public static class FleetPresets
{
    private const double MegabitBytes = 1e6 / 8;

    private static readonly FrozenDictionary<string, Func<FleetSpec>> ByName = new Dictionary<string, Func<FleetSpec>>
    {
        // The testbed of arXiv 2606.03770 by its device list; its measured profiles are not public.
        ["paper-testbed"] = () => Fleet("paper-testbed", 920, 0.3e-3,
            ("rtx-5070", 1), ("mac-m1", 2), ("rtx-3060-laptop", 1), ("mac-m2-max", 2), ("jetson-agx-orin", 1)),
        ["pi-and-jetson"] = () => Fleet("pi-and-jetson", 940, 0.3e-3, ("raspberry-pi-5", 4), ("jetson-orin-nano", 2), ("jetson-orin-nx", 1), ("jetson-agx-orin", 1)),
        ["unlike-16"] = () => Unlike("unlike-16", 16),
        ["campus-64"] = () => Unlike("campus-64", 64),
        ["types-256"] = () => Types("types-256", 256),
        ["types-1000"] = () => Types("types-1000", 1000),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly string[] TwelveTypes =
    [
        "raspberry-pi-5", "jetson-orin-nano", "jetson-orin-nx", "jetson-agx-orin", "mac-m1", "mac-mini-m4",
        "mac-m2-pro", "mac-m3-pro", "core-ultra-258v", "rtx-3060", "rtx-3070", "rtx-3090",
    ];

    /// <summary>The valid names, sorted.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. ByName.Keys.Order(StringComparer.Ordinal)];

    /// <exception cref="ConfigurationException">The name is unknown; lists the valid ones.</exception>
    public static FleetSpec Get(string name) => ByName.TryGetValue(name, out var fleet)
        ? fleet()
        : throw new ConfigurationException($"fleet preset is '{name}', must be one of: {string.Join(", ", Names)}.");

    /// <summary>Analytic profiles for a fleet whose devices name or describe a preset each.</summary>
    /// <exception cref="ConfigurationException">A device's description is no preset.</exception>
    public static ImmutableArray<DeviceProfile> Profiles(FleetSpec fleet, ModelSpec model) =>
    [
        .. fleet.Devices.Select((device, index) => AnalyticProfile.Create(
            device,
            DevicePresets.Find(device.Description) ?? throw new ConfigurationException(
                $"devices[{index}].description ({device.Id}) is '{device.Description}', must be a preset where the device was not measured: "
                + $"{string.Join(", ", DevicePresets.All.Select(preset => preset.Name))}."),
            model)),
    ];

    private static FleetSpec Fleet(string name, double megabits, double latencySeconds, params (string Preset, int Count)[] devices) => new()
    {
        Name = name,
        Devices = [.. devices.SelectMany(entry => Enumerable.Range(1, entry.Count).Select(number => Device(entry.Preset, $"{entry.Preset}-{number}")))],
        DefaultBandwidthBytesPerSecond = megabits * MegabitBytes,
        DefaultLatencySeconds = latencySeconds,
    };

    private static DeviceSpec Device(string preset, string id, double memoryShare = 1, double slowdown = 1)
    {
        var kind = DevicePresets.Get(preset);
        return new DeviceSpec
        {
            Id = id,
            MemoryBytes = (long)(kind.MemoryBytes * memoryShare),
            Threads = kind.Cores,
            SlowdownFactor = slowdown,
            Description = kind.Description,
        };
    }

    /// <summary>No two alike: the machines' owners keep different shares of memory, and cooling and age make them 1 to 1.5 times as slow.</summary>
    private static FleetSpec Unlike(string name, int count)
    {
        var devices = ImmutableArray.CreateBuilder<DeviceSpec>(count);
        for (var index = 0; index < count; index++)
        {
            var preset = TwelveTypes[index % TwelveTypes.Length];
            // Steps of an irrational spread evenly and never repeat, without a generator.
            var share = (index + 1) * 0.6180339887498949 % 1;
            devices.Add(Device(preset, $"{preset}-{index / TwelveTypes.Length + 1}", 0.7 + 0.3 * share, 1 + 0.5 * (share * 7 % 1)));
        }
        return new FleetSpec
        {
            Name = name,
            Devices = devices.MoveToImmutable(),
            DefaultBandwidthBytesPerSecond = 940 * MegabitBytes,
            DefaultLatencySeconds = 0.4e-3,
        };
    }

    private static FleetSpec Types(string name, int count) => Fleet(
        name, 940, 0.4e-3,
        [.. TwelveTypes.Select((preset, index) => (preset, count / TwelveTypes.Length + (index < count % TwelveTypes.Length ? 1 : 0)))]);
}
