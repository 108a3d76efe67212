using System.Globalization;
using E2LLM.Core.Errors;

namespace E2LLM.Grains.Placement;

/// <summary>
/// Keys of the grains that live on a device: the device's id comes first, so that placement needs nothing but the key.
/// </summary>
public static class DeviceKey
{
    public static string Replica(string deviceId, string modelId, long generation, string replicaId) =>
        $"{Checked(deviceId)}/{Checked(modelId)}/{generation}/{Checked(replicaId)}";

    public static string Stage(string deviceId, string modelId, long generation, string replicaId, int stageIndex) =>
        $"{Replica(deviceId, modelId, generation, replicaId)}/{stageIndex}";

    /// <summary>Key of a stage of the replica with this key.</summary>
    public static string Stage(string replicaKey, string deviceId, int stageIndex) =>
        $"{Checked(deviceId)}{replicaKey[replicaKey.IndexOf('/')..]}/{stageIndex}";

    public static string DeviceOf(string key)
    {
        var slash = key.IndexOf('/');
        return slash < 0 ? key : key[..slash];
    }

    /// <summary>Of the key of a replica or a stage.</summary>
    public static string ModelOf(string key) => key.Split('/') is { Length: > 1 } parts ? parts[1] : "";

    /// <summary>Of the key of a replica or a stage; 0 where it has none.</summary>
    public static long GenerationOf(string key) =>
        key.Split('/') is { Length: > 2 } parts && long.TryParse(parts[2], CultureInfo.InvariantCulture, out var generation) ? generation : 0;

    private static string Checked(string part) =>
        part.Length > 0 && !part.Contains('/')
            ? part
            : throw new ConfigurationException($"'{part}' cannot be part of a grain key: it must not be empty nor contain '/'.");
}
