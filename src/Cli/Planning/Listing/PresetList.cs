using System.Globalization;
using E2LLM.Cli.Planning.Inputs;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Planning;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Workloads;

namespace E2LLM.Cli.Planning.Listing;

/// <summary>Everything that <c>e2llm plan</c> knows by name, as plain columns that a script can cut.</summary>
internal static class PresetList
{
    public static void Write(TextWriter output)
    {
        Section(output, "devices", DevicePresets.All.Select(device => new[]
        {
            device.Name, Figures.Bytes(device.MemoryBytes), $"{device.FlopsPerSecond / 1e12:0.00} TFLOP/s", $"{device.BytesPerSecond / 1e9:0} GB/s", device.Description, device.HasGuessedRates ? "rates guessed" : "",
        }));
        Section(output, "fleets", FleetPresets.Names.Select(FleetPresets.Get).Concat(FleetInput.ShippedNames.Select(FleetInput.Shipped)).Select(Fleet));
        Section(output, "models", ModelInput.FixedShapes.Select(ModelShapes.Get).Select(Model));
        Section(output, $"models, with :{string.Join(" or :", ModelInput.WeightTypeNames)}", ModelInput.TypedShapes.Select(name => Model(ModelInput.Resolve(name), name)));
        Section(output, "workloads", WorkloadPresets.Names.Select(WorkloadPresets.Get).Select(workload => new[]
        {
            workload.Name,
            $"{workload.MeanInputTokens:0} tokens in",
            $"{workload.MeanOutputTokens:0} out",
            string.Create(CultureInfo.InvariantCulture, $"{workload.RequestsPerSecond} requests/s"),
        }));
        Section(output, "planners", PlannerRegistry.Names.Select(name => new[] { name }));
    }

    private static string[] Fleet(FleetSpec fleet) =>
        [fleet.Name, Figures.Count(fleet.Devices.Length, "device"), $"{Figures.Bytes(fleet.Devices.Sum(device => device.MemoryBytes))} of memory"];

    private static string[] Model(ModelSpec model) => Model(model, model.Id);

    private static string[] Model(ModelSpec model, string name) =>
        [name, $"{model.LayerCount} layers", $"{Figures.Bytes(model.WeightBytes(0, model.LayerCount))} of weights", $"context {model.ContextLengthTokens}"];

    private static void Section(TextWriter output, string title, IEnumerable<string[]> rows)
    {
        string[][] all = [.. rows];
        int[] widths = [.. Enumerable.Range(0, all[0].Length).Select(column => all.Max(row => row[column].Length))];
        output.WriteLine($"{title}:");
        foreach (var row in all)
            output.WriteLine($"  {string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()}");
    }
}
