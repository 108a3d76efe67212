using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;

namespace E2LLM.Planning.Requests;

/// <summary>Refuses a request whose figures make no sense, naming every key at fault. Every planner calls it before it plans.</summary>
public static class PlanRequestCheck
{
    /// <summary>No stage of a device is as large, and sums of the whole fleet stay far from overflow.</summary>
    private const long MaxBytes = 1L << 50;

    private const int MaxChoices = 64;

    /// <exception cref="PlanningException">Lists every fault, each with its key, value and valid range.</exception>
    public static void ThrowIfInvalid(PlanRequest request)
    {
        var faults = new FaultList();
        CheckModel(request.Model, faults);
        CheckEngine(request.Engine, request.Model, "engine", faults);
        CheckDevices(request.Fleet, faults);
        CheckLinks(request.Fleet, faults);
        ProfileCheck.Check(request, faults);
        CheckWorkload(request, faults);
        CheckTargets(request.Targets, faults);
        faults.Require(request.MaxThreads is -1 or > 0, "maxThreads", request.MaxThreads, "1 or more, or -1: as many as there are cores");
        // Made from the engine settings, they would repeat what is wrong with those.
        if (faults.Count == 0)
            CheckChoices(request, faults);
        if (faults.Count > 0)
            throw new PlanningException($"Nothing planned: {faults}");
    }

    private static void CheckModel(ModelSpec model, FaultList faults)
    {
        var layers = model.LayerBytes.IsDefault ? 0 : model.LayerBytes.Length;
        faults.Require(layers is >= 1 and <= 1024, "model.layerBytes", layers, "1 to 1,024 layers");
        for (var layer = 0; layer < layers; layer++)
            faults.Require(
                model.LayerBytes[layer] is > 0 and < MaxBytes, $"model.layerBytes[{layer}]", model.LayerBytes[layer], "1 to 2^50 bytes");
        faults.Require(model.CutPeriodLayers >= 1 && model.CutPeriodLayers <= Math.Max(1, layers), "model.cutPeriodLayers", model.CutPeriodLayers, $"1 to the {layers} layers");
        var perLayer = $"empty, or one entry for each of the {layers} layers";
        var kvLayers = model.LayerKvBytesPerToken.IsDefault ? 0 : model.LayerKvBytesPerToken.Length;
        faults.Require(kvLayers == layers, "model.layerKvBytesPerToken", kvLayers, $"one entry for each of the {layers} layers");
        for (var layer = 0; layer < kvLayers; layer++)
            faults.Require(
                model.LayerKvBytesPerToken[layer] is >= 0 and < 1 << 30, $"model.layerKvBytesPerToken[{layer}]",
                model.LayerKvBytesPerToken[layer], "0 to 2^30 bytes");
        var flops = model.LayerFlopsPerToken.IsDefaultOrEmpty ? [] : model.LayerFlopsPerToken;
        faults.Require(flops.Length == 0 || flops.Length == layers, "model.layerFlopsPerToken", flops.Length, perLayer);
        for (var layer = 0; layer < flops.Length; layer++)
            faults.Require(flops[layer] is > 0 and < 1e18, $"model.layerFlopsPerToken[{layer}]", flops[layer], "above 0 to 1e18");
        var active = model.LayerActiveBytes.IsDefaultOrEmpty ? [] : model.LayerActiveBytes;
        faults.Require(active.Length == 0 || active.Length == layers, "model.layerActiveBytes", active.Length, perLayer);
        for (var layer = 0; layer < active.Length; layer++)
            faults.Require(active[layer] is > 0 and < MaxBytes, $"model.layerActiveBytes[{layer}]", active[layer], "1 to 2^50 bytes");
        var windows = model.LayerWindowTokens.IsDefaultOrEmpty ? [] : model.LayerWindowTokens;
        faults.Require(windows.Length == 0 || windows.Length == layers, "model.layerWindowTokens", windows.Length, perLayer);
        for (var layer = 0; layer < windows.Length; layer++)
            faults.Require(windows[layer] is >= 0 and <= 1 << 24, $"model.layerWindowTokens[{layer}]", windows[layer], "0 to 16,777,216");
        faults.Require(model.EmbeddingLength is >= 1 and <= 1 << 20, "model.embeddingLength", model.EmbeddingLength, "1 to 1,048,576");
        faults.Require(model.VocabularySize is >= 1 and <= 1 << 24, "model.vocabularySize", model.VocabularySize, "1 to 16,777,216");
        faults.Require(model.HeadBytes is >= 0 and < MaxBytes, "model.headBytes", model.HeadBytes, "0 to 2^50 bytes");
        faults.Require(model.EmbeddingBytes is >= 0 and < MaxBytes, "model.embeddingBytes", model.EmbeddingBytes, "0 to 2^50 bytes");
        faults.Require(model.SharedBytes is >= 0 and < MaxBytes, "model.sharedBytes", model.SharedBytes, "0 to 2^50 bytes");
    }

    private static void CheckTargets(ServiceTargets targets, FaultList faults)
    {
        faults.Require(targets.TtftSeconds is > 0 and <= 86_400, "targets.ttftSeconds", targets.TtftSeconds, "above 0 to 86,400 seconds");
        faults.Require(targets.TpotSeconds is > 0 and <= 86_400, "targets.tpotSeconds", targets.TpotSeconds, "above 0 to 86,400 seconds");
        faults.Require(targets.Share is > 0 and < 1, "targets.share", targets.Share, "between 0 and 1");
    }

    private static void CheckEngine(EngineSettings engine, ModelSpec model, string key, FaultList faults)
    {
        faults.Require(engine.KvCells is >= 1 and <= 1 << 24, $"{key}.kvCells", engine.KvCells, "1 to 16,777,216");
        faults.Require(engine.MaxSequences is >= 1 and <= 255, $"{key}.maxSequences", engine.MaxSequences, "1 to 255");
        faults.Require(engine.MaxStepTokens is >= 1 and <= 8192, $"{key}.maxStepTokens", engine.MaxStepTokens, "1 to 8,192");
        faults.Require(
            engine.MaxSequenceTokens >= 1 && engine.MaxSequenceTokens <= Math.Max(1, model.ContextLengthTokens),
            $"{key}.maxSequenceTokens", engine.MaxSequenceTokens, $"1 to the model's trained context of {model.ContextLengthTokens}");
    }

    private static void CheckChoices(PlanRequest request, FaultList faults)
    {
        var choices = request.EngineChoices.IsDefault ? [] : request.EngineChoices;
        faults.Require(choices.Length <= MaxChoices, "engineChoices", choices.Length, $"{MaxChoices} entries at most: all of them are searched");
        for (var index = 0; index < Math.Min(choices.Length, MaxChoices); index++)
        {
            var key = $"engineChoices[{index}]";
            CheckEngine(choices[index], request.Model, key, faults);
            faults.Require(
                choices[index] with { KvCells = request.Engine.KvCells, MaxSequences = request.Engine.MaxSequences, KvType = request.Engine.KvType } == request.Engine,
                key, choices[index], "alike to engine but for kvCells, maxSequences and kvType");
            CheckCells(request, choices[index], key, faults);
        }
    }

    private static void CheckCells(PlanRequest request, EngineSettings engine, string key, FaultList faults)
    {
        var tokens = request.Workload is { } workload ? workload.MeanInputTokens + workload.MeanOutputTokens : 0;
        faults.Require(
            !(tokens > engine.KvCells), "workload.meanInputTokens + meanOutputTokens", tokens,
            $"at most {key}.kvCells ({engine.KvCells}): not one mean request fits the KV cache");
    }

    private static void CheckWorkload(PlanRequest request, FaultList faults)
    {
        faults.Require(
            request.MinimumTokensPerSecond is >= 0 and <= 1e6, "minimumTokensPerSecond", request.MinimumTokensPerSecond, "0 to 1,000,000");
        if (request.Workload is not { } workload)
            return;
        faults.Require(workload.RequestsPerSecond is > 0 and <= 1e6, "workload.requestsPerSecond", workload.RequestsPerSecond, "above 0 to 1,000,000");
        faults.Require(workload.MeanInputTokens is >= 1 and <= 1e7, "workload.meanInputTokens", workload.MeanInputTokens, "1 to 10,000,000");
        faults.Require(workload.MeanOutputTokens is >= 1 and <= 1e7, "workload.meanOutputTokens", workload.MeanOutputTokens, "1 to 10,000,000");
        faults.Require(workload.ArrivalScv is >= 0 and <= 1e6, "workload.arrivalScv", workload.ArrivalScv, "0 to 1,000,000");
        faults.Require(workload.InputTokensScv is >= 0 and <= 1e6, "workload.inputTokensScv", workload.InputTokensScv, "0 to 1,000,000");
        faults.Require(workload.OutputTokensScv is >= 0 and <= 1e6, "workload.outputTokensScv", workload.OutputTokensScv, "0 to 1,000,000");
        faults.Require(workload.HorizonRequests is >= 1 and <= 100_000_000, "workload.horizonRequests", workload.HorizonRequests, "1 to 100,000,000");
        CheckCells(request, request.Engine, "engine", faults);
    }

    private static void CheckDevices(FleetSpec fleet, FaultList faults)
    {
        var count = fleet.Devices.IsDefault ? 0 : fleet.Devices.Length;
        faults.Require(count >= 1, "fleet.devices", count, "at least one device");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < count; index++)
        {
            var device = fleet.Devices[index];
            var key = $"fleet.devices[{index}]";
            faults.Require(!string.IsNullOrEmpty(device.Id), $"{key}.id", device.Id, "a name");
            faults.Require(seen.Add(device.Id ?? ""), $"{key}.id", device.Id, "a name that no other device has");
            faults.Require(device.MemoryBytes is > 0 and < MaxBytes, $"{key}.memoryBytes ({device.Id})", device.MemoryBytes, "1 to 2^50 bytes");
            faults.Require(
                device.SlowdownFactor is >= 1e-3 and <= 1e6, $"{key}.slowdownFactor ({device.Id})", device.SlowdownFactor, "0.001 to 1,000,000");
        }
    }

    private static void CheckLinks(FleetSpec fleet, FaultList faults)
    {
        faults.Require(fleet.DefaultBandwidthBytesPerSecond >= 1, "fleet.defaultBandwidthBytesPerSecond", fleet.DefaultBandwidthBytesPerSecond, "at least 1");
        faults.Require(fleet.DefaultLatencySeconds is >= 0 and <= 3600, "fleet.defaultLatencySeconds", fleet.DefaultLatencySeconds, "0 to 3,600 s");
        if (fleet.Links.IsDefaultOrEmpty || fleet.Devices.IsDefault)
            return;
        var ids = fleet.Devices.Select(device => device.Id).ToHashSet();
        var seen = new HashSet<(string, string)>();
        for (var index = 0; index < fleet.Links.Length; index++)
        {
            var link = fleet.Links[index];
            var key = $"fleet.links[{index}] ({link.From} to {link.To})";
            faults.Require(ids.Contains(link.From), $"{key}.from", link.From, "a device of the fleet");
            faults.Require(ids.Contains(link.To), $"{key}.to", link.To, "a device of the fleet");
            faults.Require(link.From != link.To, $"{key}.to", link.To, "another device than from");
            faults.Require(seen.Add((link.From, link.To)), key, "a second entry", "one entry for a direction: two would contradict each other");
            faults.Require(link.BandwidthBytesPerSecond >= 1, $"{key}.bandwidthBytesPerSecond", link.BandwidthBytesPerSecond, "at least 1");
            faults.Require(link.LatencySeconds is >= 0 and <= 3600, $"{key}.latencySeconds", link.LatencySeconds, "0 to 3,600 s");
        }
    }
}
