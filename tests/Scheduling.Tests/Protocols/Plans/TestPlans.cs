using System.Collections.Immutable;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Scheduling.Protocols.Plans;
using E2LLM.Scheduling.Routing;

namespace E2LLM.Scheduling.Tests.Protocols.Plans;

/// <summary>Plans of a model of eight layers on devices that are named by a letter each.</summary>
internal static class TestPlans
{
    public static readonly IRoutingPolicy Policy = RoutingPolicies.Get(RoutingPolicies.LeastWait);

    public static readonly PlanTimes Times = new();

    public static readonly ReplicaSnapshot Serving = new() { State = ReplicaState.Serving };

    public static readonly ReplicaSnapshot Broken = new() { State = ReplicaState.OutOfService, LastFailure = "its engine failed" };

    public static ModelSpec Model { get; } = new()
    {
        Id = "m",
        Architecture = "llama",
        ContextLengthTokens = 1000,
        EmbeddingLength = 64,
        VocabularySize = 1000,
        LayerBytes = [.. Enumerable.Repeat(1L << 20, 8)],
        LayerKvBytesPerToken = [.. Enumerable.Repeat(256L, 8)],
        HeadBytes = 1 << 20,
        EmbeddingBytes = 1 << 20,
    };

    public static FleetSpec Fleet(string devices, string name = "test") => new()
    {
        Name = name,
        Devices = [.. devices.Select(device => new DeviceSpec { Id = $"{device}", MemoryBytes = 1 << 30 })],
    };

    /// <summary>MIXED replicas, each on the devices that its letters name.</summary>
    public static ServingPlan Plan(params string[] replicas) => new()
    {
        ModelId = "m",
        Planner = "test",
        Replicas = [.. replicas.Select((devices, index) => Replica($"r{index}", devices))],
    };

    public static ReplicaPlan Replica(string id, string devices, ReplicaRole role = ReplicaRole.Mixed) => new()
    {
        Id = id,
        Role = role,
        Engine = new EngineSettings { MaxSequenceTokens = 1000, KvCells = 1000, MaxSequences = 8 },
        Stages =
        [
            .. devices.Select((device, index) => new StagePlan
            {
                DeviceId = $"{device}",
                FirstLayer = 8 * index / devices.Length,
                LayerCount = 8 * (index + 1) / devices.Length - 8 * index / devices.Length,
                WeightBytes = 0,
                KvBytes = 0,
                DecodeSeconds = 1e-3,
                PrefillSeconds = 1e-2,
            }),
        ],
    };

    public static string KeyOf(ReplicaPlan replica, long generation) =>
        $"{string.Concat(replica.Stages.Select(stage => stage.DeviceId))}/{generation}/{replica.Id}";

    public static PlannedServing Planned(FleetSpec fleet, ServingPlan? plan) =>
        new() { Fleet = fleet, Model = Model, Profiles = [], Plan = plan };

    public static PlanMachine Machine(PlanRecords? records = null, double nowSeconds = 0) =>
        new(Times, KeyOf, records ?? new PlanRecords(), nowSeconds);

    /// <summary>Takes a plan up, as its grain does.</summary>
    public static bool Apply(this PlanMachine machine, FleetSpec fleet, ServingPlan plan, double nowSeconds = 0)
    {
        var attempt = machine.Begin(PlanActivity.Profiling);
        machine.Proceed(attempt, PlanActivity.Planning);
        return machine.ChangeOver(attempt, new DesiredServing { Fleet = fleet }, Planned(fleet, machine.Keep(plan)), nowSeconds);
    }

    /// <summary>Lets every start that is asked for succeed, and every stop and drain, until nothing more is asked for.</summary>
    public static List<PlanEffect> Obey(this PlanMachine machine, double nowSeconds = 0)
    {
        List<PlanEffect> seen = [];
        while (machine.TakeEffects() is { Count: > 0 } effects)
            foreach (var effect in effects)
            {
                seen.Add(effect);
                if (effect is PlanEffect.StartReplica start)
                    machine.Started(start.Replica.Key, start.Replica.Start, nowSeconds);
                else if (effect is PlanEffect.DrainReplica drain)
                    machine.Drained(drain.Key, nowSeconds);
                else if (effect is PlanEffect.StopReplica stop)
                    machine.Stopped(stop.Key, nowSeconds);
            }
        return seen;
    }

    /// <summary>A plan of these replicas, all of which have been started.</summary>
    public static PlanMachine Serves(params string[] replicas)
    {
        var machine = Machine();
        machine.Apply(Fleet(string.Concat(replicas)), Plan(replicas));
        machine.Obey();
        return machine;
    }

    /// <summary>Every replica of the plan reports that it serves.</summary>
    public static void ReportAll(this PlanMachine machine, long number, double nowSeconds)
    {
        foreach (var member in machine.Members.ToArray())
            machine.Report(member.Key, member.Start, number, Serving, nowSeconds);
    }

    public static string? RouteKey(this PlanMachine machine, double nowSeconds = 0, ImmutableArray<string> avoid = default) =>
        machine.Route(Policy, 50, 10, avoid, nowSeconds)?.Prefill;

    public static T Only<T>(this IEnumerable<PlanEffect> effects)
        where T : PlanEffect => Assert.Single(effects.OfType<T>());
}
