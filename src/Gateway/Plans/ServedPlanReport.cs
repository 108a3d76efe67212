using System.Collections.Immutable;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Core.Plans.Documents;
using E2LLM.Gateway.OpenAi;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Replicas;

namespace E2LLM.Gateway.Plans;

/// <summary>What the gateway tells of a plan and what runs of it.</summary>
internal static class ServedPlanReport
{
    public static ServedPlan Of(string modelId, PlanStatus status)
    {
        var replicas = OrEmpty(status.Plan?.Replicas ?? []);
        return new ServedPlan
        {
            Model = modelId,
            Phase = PlanJson.NameOf(status.Phase),
            Ready = PlanReader.IsReady(status),
            Error = PublicText.Of(status.Error),
            Planner = status.Plan?.Planner,
            Generation = status.Plan?.Generation ?? 0,
            Fleet = status.Fleet?.Name,
            Devices = [.. (status.Fleet?.Devices ?? []).Select(device =>
                Of(device, OrEmpty(status.Profiles).FirstOrDefault(profile => profile.DeviceId == device.Id)))],
            Replicas = [.. replicas.Select((replica, index) => Of(replica, FindLoad(status, index)))],
            Unused = [.. OrEmpty(status.Plan?.Unused ?? []).Select(unused => new LeftOutDevice(unused.DeviceId, unused.Reason))],
        };
    }

    private static ReplicaStatus? FindLoad(PlanStatus status, int index)
    {
        var keys = OrEmpty(status.ReplicaKeys);
        return index < keys.Length ? OrEmpty(status.Replicas).FirstOrDefault(replica => replica.Key == keys[index]) : null;
    }

    private static ServedDevice Of(DeviceSpec device, DeviceProfile? profile) => new()
    {
        Id = device.Id,
        Description = device.Description,
        MemoryBytes = device.MemoryBytes,
        Threads = device.Threads,
        SlowdownFactor = device.SlowdownFactor,
        Trusted = device.IsTrusted,
        Figures = profile is null ? null : PlanJson.NameOf(profile.Source),
    };

    private static ServedReplica Of(ReplicaPlan replica, ReplicaStatus? load) => new()
    {
        Id = replica.Id,
        Role = PlanJson.NameOf(replica.Role),
        DecodeConcurrency = replica.DecodeConcurrency,
        MicroBatches = replica.MicroBatches,
        PeriodSeconds = replica.PeriodSeconds,
        MaxSequences = replica.Engine.MaxSequences,
        MaxSequenceTokens = replica.Engine.MaxSequenceTokens,
        Serving = load?.IsServing ?? false,
        FailedSteps = load?.FailedSteps ?? 0,
        LastFailure = PublicText.Of(load?.LastFailure ?? ""),
        QueuedRequests = load?.QueuedRequests ?? 0,
        RunningRequests = load?.RunningRequests ?? 0,
        GeneratedTokens = load?.GeneratedTokens ?? 0,
        Kv = KvOf(load),
        Stages = [.. replica.Stages.Select(Of)],
    };

    private static ServedKv KvOf(ReplicaStatus? load) => new()
    {
        Cells = load?.KvCells ?? 0,
        ReservedCells = load?.ReservedKvCells ?? 0,
        KeptCells = load?.KeptKvCells ?? 0,
        PrefixLookups = load?.PrefixLookups ?? 0,
        PrefixHits = load?.PrefixHits ?? 0,
        PrefixHitTokens = load?.PrefixHitTokens ?? 0,
        PrefixEvictions = load?.PrefixEvictions ?? 0,
        Preemptions = load?.Preemptions ?? 0,
    };

    private static ServedStage Of(StagePlan stage) => new()
    {
        Device = stage.DeviceId,
        FirstLayer = stage.FirstLayer,
        LayerCount = stage.LayerCount,
        WeightBytes = stage.WeightBytes,
        KvBytes = stage.KvBytes,
        ScratchBytes = stage.ScratchBytes,
        DecodeSeconds = stage.DecodeSeconds,
        HopSeconds = stage.HopSeconds,
    };

    private static ImmutableArray<T> OrEmpty<T>(ImmutableArray<T> array) => array.IsDefault ? [] : array;
}
