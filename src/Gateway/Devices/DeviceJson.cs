using System.Text.Json;
using E2LLM.Grains.Interfaces.Fleets;
using E2LLM.Grains.Interfaces.Weights;

namespace E2LLM.Gateway.Devices;

/// <summary>A fleet's devices on the wire.</summary>
internal static class DeviceJson
{
    public static void Write(Utf8JsonWriter json, string modelId, FleetStatus status)
    {
        json.WriteStartObject();
        json.WriteString("model", modelId);
        json.WriteStartArray("devices");
        foreach (var device in status.Devices)
        {
            json.WriteStartObject();
            json.WriteString("id", device.Spec.Id);
            json.WriteString("silo", device.Silo);
            json.WriteNumber("incarnation", device.Incarnation);
            json.WriteString("state", device.State.ToString().ToLowerInvariant());
            if (double.IsFinite(device.SilentSeconds))
                json.WriteNumber("silent_seconds", device.SilentSeconds);
            else
                json.WriteNull("silent_seconds");
            json.WriteNumber("memory_bytes", device.Spec.MemoryBytes);
            json.WriteNumber("threads", device.Spec.Threads);
            json.WriteNumber("slowdown_factor", device.Spec.SlowdownFactor);
            json.WriteBoolean("trusted", device.Spec.IsTrusted);
            json.WriteString("description", device.Spec.Description);
            if (device.Weights is { } weights)
                Write(json, weights);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Of the device's silo.</summary>
    private static void Write(Utf8JsonWriter json, SiloWeights weights)
    {
        json.WriteStartObject("weights");
        json.WriteNumber("model_bytes", weights.Progress.ModelBytes);
        json.WriteNumber("held_bytes", weights.Progress.HeldBytes);
        if (weights.Progress.Fetching.Length > 0)
        {
            json.WriteString("fetching", weights.Progress.Fetching);
            json.WriteNumber("fetched_bytes", weights.Progress.FetchedBytes);
            json.WriteNumber("wanted_bytes", weights.Progress.WantedBytes);
            json.WriteNumber("bytes_per_second", weights.Progress.BytesPerSecond);
        }
        json.WriteEndObject();
    }
}
