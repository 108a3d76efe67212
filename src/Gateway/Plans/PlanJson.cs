using System.Collections.Immutable;
using System.Text.Json;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Replicas;

namespace E2LLM.Gateway.Plans;

/// <summary>A plan and what runs of it. Parts that do not exist yet are null or empty.</summary>
internal static class PlanJson
{
    public static void Write(Utf8JsonWriter json, string modelId, PlanStatus status)
    {
        json.WriteStartObject();
        json.WriteString("model", modelId);
        json.WriteString("phase", Name(status.Phase));
        json.WriteBoolean("ready", PlanReader.IsReady(status));
        json.WriteString("error", status.Error);
        json.WriteString("planner", status.Plan?.Planner);
        json.WriteNumber("generation", status.Plan?.Generation ?? 0);
        json.WriteString("fleet", status.Fleet?.Name);
        json.WriteStartArray("devices");
        foreach (var device in status.Fleet?.Devices ?? [])
            WriteDevice(json, device, OrEmpty(status.Profiles).FirstOrDefault(profile => profile.DeviceId == device.Id));
        json.WriteEndArray();
        json.WriteStartArray("replicas");
        var replicas = status.Plan?.Replicas ?? [];
        for (var i = 0; i < replicas.Length; i++)
            WriteReplica(json, replicas[i], FindLoad(status, i));
        json.WriteEndArray();
        json.WriteStartArray("unused");
        foreach (var unused in OrEmpty(status.Plan?.Unused ?? []))
        {
            json.WriteStartObject();
            json.WriteString("device", unused.DeviceId);
            json.WriteString("reason", unused.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static ReplicaStatus? FindLoad(PlanStatus status, int index)
    {
        var keys = OrEmpty(status.ReplicaKeys);
        return index < keys.Length ? OrEmpty(status.Replicas).FirstOrDefault(replica => replica.Key == keys[index]) : null;
    }

    private static void WriteDevice(Utf8JsonWriter json, DeviceSpec device, DeviceProfile? profile)
    {
        json.WriteStartObject();
        json.WriteString("id", device.Id);
        json.WriteString("description", device.Description);
        json.WriteNumber("memory_bytes", device.MemoryBytes);
        json.WriteNumber("threads", device.Threads);
        json.WriteNumber("slowdown_factor", device.SlowdownFactor);
        json.WriteString("figures", profile is null ? null : Name(profile.Source));
        json.WriteEndObject();
    }

    private static void WriteReplica(Utf8JsonWriter json, ReplicaPlan replica, ReplicaStatus? load)
    {
        json.WriteStartObject();
        json.WriteString("id", replica.Id);
        json.WriteString("role", Name(replica.Role));
        json.WriteNumber("period_seconds", replica.PeriodSeconds);
        json.WriteNumber("max_sequences", replica.Engine.MaxSequences);
        json.WriteNumber("max_sequence_tokens", replica.Engine.MaxSequenceTokens);
        json.WriteBoolean("serving", load?.IsServing ?? false);
        json.WriteNumber("failed_steps", load?.FailedSteps ?? 0);
        json.WriteString("last_failure", load?.LastFailure ?? "");
        json.WriteNumber("queued_requests", load?.QueuedRequests ?? 0);
        json.WriteNumber("running_requests", load?.RunningRequests ?? 0);
        json.WriteNumber("generated_tokens", load?.GeneratedTokens ?? 0);
        WriteKv(json, load);
        json.WriteStartArray("stages");
        foreach (var stage in replica.Stages)
        {
            json.WriteStartObject();
            json.WriteString("device", stage.DeviceId);
            json.WriteNumber("first_layer", stage.FirstLayer);
            json.WriteNumber("layer_count", stage.LayerCount);
            json.WriteNumber("weight_bytes", stage.WeightBytes);
            json.WriteNumber("kv_bytes", stage.KvBytes);
            json.WriteNumber("decode_seconds", stage.DecodeSeconds);
            json.WriteNumber("hop_seconds", stage.HopSeconds);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteKv(Utf8JsonWriter json, ReplicaStatus? load)
    {
        json.WriteStartObject("kv");
        json.WriteNumber("cells", load?.KvCells ?? 0);
        json.WriteNumber("reserved_cells", load?.ReservedKvCells ?? 0);
        json.WriteNumber("kept_cells", load?.KeptKvCells ?? 0);
        json.WriteNumber("prefix_lookups", load?.PrefixLookups ?? 0);
        json.WriteNumber("prefix_hits", load?.PrefixHits ?? 0);
        json.WriteNumber("prefix_hit_tokens", load?.PrefixHitTokens ?? 0);
        json.WriteNumber("prefix_evictions", load?.PrefixEvictions ?? 0);
        json.WriteNumber("preemptions", load?.Preemptions ?? 0);
        json.WriteEndObject();
    }

    private static ImmutableArray<T> OrEmpty<T>(ImmutableArray<T> array) => array.IsDefault ? [] : array;

    private static string Name(Enum value) => value.ToString().ToLowerInvariant();
}
