using System.Text.Json;
using E2LLM.Grains.Interfaces.Fleets;

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
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
