using System.Text.Json.Serialization;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Core.Plans.Documents;
using E2LLM.Core.Workloads;
using E2LLM.Cli.Planning.Inputs;

namespace E2LLM.Cli.Planning.Documents;

/// <summary>What all plans of a document were made for.</summary>
internal sealed record PlanHeader
{
    public required string Format { get; init; }

    /// <summary>Where the figures come from, for people.</summary>
    public required string Source { get; init; }

    public required FleetEntry Fleet { get; init; }

    public required ModelEntry Model { get; init; }

    public required WorkloadSpec Workload { get; init; }

    public required EngineEntry Engine { get; init; }

    /// <summary>What a replica may have instead.</summary>
    public required IReadOnlyList<EngineEntry> EngineChoices { get; init; }

    public required string Objective { get; init; }

    public required ServiceTargets Targets { get; init; }

    public required int Seed { get; init; }

    public required double MinimumTokensPerSecond { get; init; }

    /// <summary>Not written where ends may be on any device.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool TrustedEnds { get; init; }

    public static PlanHeader Of(PlanInput input)
    {
        var request = input.Request;
        return new PlanHeader
        {
            Format = PlanDocument.Format,
            Source = input.Source,
            Fleet = FleetEntry.Of(request.Fleet),
            Model = new ModelEntry(request.Model.Id, request.Model.LayerCount, request.Model.WeightBytes(0, request.Model.LayerCount), request.Model.Sha256),
            Workload = request.Workload!,
            Engine = EngineEntry.Of(request.Engine),
            EngineChoices = [.. request.EngineChoices.Select(EngineEntry.Of)],
            Objective = PlanJson.NameOf(request.Objective),
            Targets = request.Targets,
            Seed = request.Seed,
            MinimumTokensPerSecond = request.MinimumTokensPerSecond,
            TrustedEnds = request.TrustedEnds,
        };
    }
}

internal sealed record ModelEntry(string Id, int Layers, long WeightBytes, string Sha256);

/// <summary>A null bandwidth is unlimited.</summary>
internal sealed record LinkEntry(string From, string To, double? BandwidthBytesPerSecond, double LatencySeconds);

internal sealed record FleetEntry(
    string Name, IReadOnlyList<PlannedDevice> Devices, double? DefaultBandwidthBytesPerSecond, double DefaultLatencySeconds, IReadOnlyList<LinkEntry> Links)
{
    public static FleetEntry Of(FleetSpec fleet) => new(
        fleet.Name,
        [.. fleet.Devices.Select(Device)],
        PlanDocument.Finite(fleet.DefaultBandwidthBytesPerSecond),
        fleet.DefaultLatencySeconds,
        [.. fleet.Links.Select(link => new LinkEntry(link.From, link.To, PlanDocument.Finite(link.BandwidthBytesPerSecond), link.LatencySeconds))]);

    private static PlannedDevice Device(DeviceSpec device) => new()
    {
        Id = device.Id,
        Description = device.Description,
        MemoryBytes = device.MemoryBytes,
        Threads = device.Threads,
        SlowdownFactor = device.SlowdownFactor,
        Trusted = device.IsTrusted,
    };
}

internal sealed record EngineEntry(
    int KvCells, int MaxSequences, int MaxStepTokens, int MaxSequenceTokens, string KvType, bool FlashAttention)
{
    public static EngineEntry Of(EngineSettings engine) => new(
        engine.KvCells, engine.MaxSequences, engine.MaxStepTokens, engine.MaxSequenceTokens, PlanJson.NameOf(engine.KvType), engine.FlashAttention);
}
