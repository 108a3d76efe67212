using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Core.Workloads;
using E2LLM.Inference.Runtimes;
using E2LLM.Planning.FleetFiles;
using E2LLM.Planning.Presets;

namespace E2LLM.Cli.Planning.Inputs;

/// <summary>The request that the settings describe, and what had to be assumed.</summary>
internal sealed record PlanInput
{
    public required PlanRequest Request { get; init; }

    /// <summary>Devices without a profile or preset of their own, taken for <see cref="ReferenceDevice"/>.</summary>
    public ImmutableArray<string> AssumedDevices { get; init; } = [];

    public string ReferenceDevice { get; init; } = "";

    /// <summary>Where the figures come from, for people: "predicted from analytic profiles".</summary>
    public string Source => $"predicted from {ProfileSources}";

    /// <summary>"analytic profiles", and what had to be assumed of devices.</summary>
    public string ProfileSources
    {
        get
        {
            var sources = Request.Profiles.Select(profile => profile.Source.ToString().ToLowerInvariant()).Distinct().Order(StringComparer.Ordinal);
            var assumed = AssumedDevices.Length switch
            {
                0 => "",
                var count when count == Request.Fleet.Devices.Length => $"; every device taken for a {ReferenceDevice}, slowed by its slowdown factor",
                1 => $"; {AssumedDevices[0]}, which names no preset, taken for a {ReferenceDevice}, slowed by its slowdown factor",
                var count => $"; {count} devices without a preset taken for a {ReferenceDevice}, slowed by their slowdown factors",
            };
            return $"{string.Join(" and ", sources)} profiles{assumed}";
        }
    }

    /// <exception cref="E2LlmException">Anything named in the settings does not exist or makes no sense.</exception>
    public static PlanInput Resolve(PlanSettings settings) =>
        Resolve(settings, WorkloadInput.Resolve(settings.Workload, settings.RequestsPerSecond, settings.HorizonRequests));

    /// <param name="settings">Of which the workload is not looked at.</param>
    /// <param name="workload">Instead.</param>
    /// <exception cref="E2LlmException">Anything named in the settings does not exist or makes no sense.</exception>
    public static PlanInput Resolve(PlanSettings settings, WorkloadSpec workload)
    {
        var fleet = FleetInput.Resolve(settings.Fleet);
        if (settings.Bandwidth is { } bandwidth)
            fleet = FleetLinks.WithBandwidth(fleet, bandwidth, "--bandwidth");
        var model = LlamaRuntimes.CutAs(ModelInput.Resolve(settings.Model), new LlamaLibraryOptions { Runtime = settings.Runtime });
        var assumed = ImmutableArray<string>.Empty;
        var profiles = settings.Profiles is { } path
            ? ProfileInput.Read(path)
            : ProfileInput.Derive(fleet, model, settings.ReferenceDevice, out assumed);
        return new PlanInput
        {
            Request = Describe(settings, fleet, model, workload, profiles),
            AssumedDevices = assumed,
            ReferenceDevice = settings.ReferenceDevice,
        };
    }

    private static PlanRequest Describe(
        PlanSettings settings, FleetSpec fleet, ModelSpec model, WorkloadSpec workload, ImmutableArray<DeviceProfile> profiles)
    {
        var tokens = workload.MeanInputTokens + workload.MeanOutputTokens;
        if (tokens > model.ContextLengthTokens)
            throw new ConfigurationException(FormattableString.Invariant(
                $"workload '{workload.Name}': a mean request of {tokens:0} tokens does not fit the context of {model.ContextLengthTokens} tokens ")
                + FormattableString.Invariant(
                    $"of model '{model.Id}'; give one that does, such as --workload {model.ContextLengthTokens / 4}/{model.ContextLengthTokens / 4}."));
        var suited = PresetRequests.Engine(model, workload);
        var engine = suited with
        {
            KvCells = settings.KvCells ?? KvCells(settings.MaxSequences, suited),
            MaxSequences = settings.MaxSequences ?? suited.MaxSequences,
            MaxStepTokens = settings.MaxStepTokens ?? suited.MaxStepTokens,
            MaxSequenceTokens = settings.MaxSequenceTokens ?? suited.MaxSequenceTokens,
            KvType = settings.KvType ?? suited.KvType,
        };
        return new PlanRequest
        {
            Fleet = fleet,
            Model = model,
            Profiles = profiles,
            Engine = engine,
            EngineChoices = EngineLadder.Of(
                engine, settings.KvCells is null ? PresetRequests.CellsPerSequence(workload) : null, settings.MaxSequences is not null, settings.KvType is not null),
            Workload = workload,
            Objective = settings.Objective,
            Targets = settings.Targets,
            MinimumTokensPerSecond = settings.MinimumTokensPerSecond,
            TrustedEnds = settings.TrustedEnds,
            Seed = settings.Seed,
        };
    }

    // As many cells a sequence as the preset settings give, so that fewer sequences take less memory.
    private static int KvCells(int? maxSequences, EngineSettings engine) =>
        maxSequences is { } sequences and > 0 ? (int)Math.Clamp((long)engine.KvCells / engine.MaxSequences * sequences, 1, 1 << 24) : engine.KvCells;
}
