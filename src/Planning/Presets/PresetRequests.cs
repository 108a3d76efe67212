using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Core.Workloads;

namespace E2LLM.Planning.Presets;

/// <summary>Plan requests for fleets of preset devices, with engine settings that suit the workload.</summary>
public static class PresetRequests
{
    /// <summary>Sequences that an engine holds where the planner has no choice: the largest concurrency that the paper looks at.</summary>
    public const int MaxSequences = 16;

    private const int MaxStepTokens = 512;

    public static PlanRequest Create(
        FleetSpec fleet, ModelSpec model, WorkloadSpec workload, PlanObjective objective, double minimumTokensPerSecond = 0, int seed = 1) => new()
    {
        Fleet = fleet,
        Model = model,
        Profiles = FleetPresets.Profiles(fleet, model),
        Engine = Engine(model, workload),
        EngineChoices = EngineLadder.Of(Engine(model, workload), CellsPerSequence(workload), fixesSequences: false, fixesKvType: false),
        Workload = workload,
        Objective = objective,
        MinimumTokensPerSecond = minimumTokensPerSecond,
        Seed = seed,
    };

    /// <summary>KV cells that a mean request takes.</summary>
    public static int CellsPerSequence(WorkloadSpec workload) => (int)Math.Ceiling(workload.MeanInputTokens + workload.MeanOutputTokens);

    /// <summary>KV cells for <see cref="MaxSequences"/> mean requests; sequences of up to four times the mean.</summary>
    public static EngineSettings Engine(ModelSpec model, WorkloadSpec workload)
    {
        var tokens = CellsPerSequence(workload);
        return new EngineSettings
        {
            KvCells = Math.Clamp(MaxSequences * tokens, 1, 1 << 24),
            MaxSequences = MaxSequences,
            MaxStepTokens = Math.Clamp((int)Math.Ceiling(workload.MeanInputTokens), 1, MaxStepTokens),
            MaxSequenceTokens = (int)Math.Min(4L * tokens, model.ContextLengthTokens),
        };
    }
}
