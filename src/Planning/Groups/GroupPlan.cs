using System.Runtime.CompilerServices;
using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;

namespace E2LLM.Planning.Groups;

/// <summary>A group of devices with a role, its cuts and its micro-batches, and what it is predicted to do.</summary>
public sealed class GroupPlan
{
    // Made when it is first asked for, by whoever asks first: all make the same.
    private readonly StrongBox<OccupancyCurve?> _occupancy = new();

    public GroupPlan()
    {
    }

    private GroupPlan(StrongBox<OccupancyCurve?> occupancy) => _occupancy = occupancy;

    public required ReplicaRole Role { get; init; }

    /// <summary>Devices in order, each with the end of its layer range.</summary>
    public required (int Device, int End)[] Stages { get; init; }

    /// <summary>The engine settings of all its stages.</summary>
    public required EngineChoice Choice { get; init; }

    public required int MicroBatchSequences { get; init; }

    /// <summary>0 for PREFILL.</summary>
    public required int MicroBatches { get; init; }

    /// <summary>Mean seconds between two requests at the group's highest rate.</summary>
    public required double RequestSeconds { get; init; }

    /// <summary>Seconds that a mean prompt keeps the slowest stage busy; 0 for DECODER.</summary>
    public required double PromptBusySeconds { get; init; }

    /// <summary>Seconds of a mean prompt through the empty group; 0 for DECODER.</summary>
    public required double PromptSeconds { get; init; }

    /// <summary>Seconds between two tokens of a lone sequence; 0 for PREFILL.</summary>
    public required double LoneTokenSeconds { get; init; }

    /// <summary>Seconds between two tokens of a sequence at full concurrency; 0 for PREFILL.</summary>
    public required double TokenSeconds { get; init; }

    public double RequestsPerSecond => 1 / RequestSeconds;

    /// <summary>Sequences that decode at once.</summary>
    public int Concurrency => MicroBatches * MicroBatchSequences;

    /// <summary>Of a DECODER or MIXED group.</summary>
    public OccupancyCurve Occupancy(ServingCosts serving) => _occupancy.Value ??= OccupancyCurve.Of(serving, this);

    /// <summary>The same plan on other devices of the same types.</summary>
    internal GroupPlan OnDevices(Func<int, int> device) => new(_occupancy)
    {
        Role = Role,
        Stages = [.. Stages.Select(stage => (device(stage.Device), stage.End))],
        Choice = Choice,
        MicroBatchSequences = MicroBatchSequences,
        MicroBatches = MicroBatches,
        RequestSeconds = RequestSeconds,
        PromptBusySeconds = PromptBusySeconds,
        PromptSeconds = PromptSeconds,
        LoneTokenSeconds = LoneTokenSeconds,
        TokenSeconds = TokenSeconds,
    };
}
