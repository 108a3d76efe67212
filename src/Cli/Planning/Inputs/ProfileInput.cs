using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Planning.Presets;

namespace E2LLM.Cli.Planning.Inputs;

/// <summary>What the devices can do: measured, from a file; else derived from the presets that the fleet's descriptions name.</summary>
internal static class ProfileInput
{
    private const int MaxFileBytes = 64 << 20;

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>The member "profiles" of a document such as <c>e2llm demo --json</c> writes.</summary>
    /// <exception cref="ConfigurationException">The file cannot be read or holds no profiles.</exception>
    public static ImmutableArray<DeviceProfile> Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaxFileBytes)
                throw new ConfigurationException($"--profiles '{path}' has more than {MaxFileBytes} bytes.");
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            if (document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("profiles", out var profiles) && profiles.ValueKind == JsonValueKind.Array)
                return [.. profiles.EnumerateArray().Select(profile => profile.Deserialize<DeviceProfile>(Options) ?? throw new JsonException("a profile is null"))];
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ConfigurationException($"--profiles '{path}' cannot be read: {error.Message}", error);
        }
        throw new ConfigurationException($"--profiles '{path}' has no member 'profiles' with one profile for each device, as 'e2llm demo --json' writes it.");
    }

    /// <param name="fleet">Its descriptions name presets, or not.</param>
    /// <param name="model">The layers.</param>
    /// <param name="reference">The preset that a device without one is taken for, slowed by its slowdown factor.</param>
    /// <param name="assumedDevices">The devices for which that was done.</param>
    /// <exception cref="ConfigurationException">No preset has the reference's name.</exception>
    public static ImmutableArray<DeviceProfile> Derive(
        FleetSpec fleet, ModelSpec model, string reference, out ImmutableArray<string> assumedDevices)
    {
        var assumed = DevicePresets.Get(reference);
        assumedDevices = [.. fleet.Devices.Where(device => DevicePresets.Find(device.Description) is null).Select(device => device.Id)];
        return [.. fleet.Devices.Select(device => AnalyticProfile.Create(device, DevicePresets.Find(device.Description) ?? assumed, model))];
    }
}
