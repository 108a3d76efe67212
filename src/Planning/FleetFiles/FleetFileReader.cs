using System.Collections.Immutable;
using System.Text.Json;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Planning.Requests;

namespace E2LLM.Planning.FleetFiles;

/// <summary>Reads a fleet file; fleets/README.md in the repository has its schema.</summary>
public static class FleetFileReader
{
    private const int MaxFileBytes = 16 << 20;
    private const int MaxDevices = 10_000;

    /// <exception cref="ConfigurationException">The file cannot be read, is no JSON, or holds anything that makes no sense: all faults at once.</exception>
    public static FleetSpec Read(string path)
    {
        string json;
        try
        {
            var length = new FileInfo(path).Length;
            if (length > MaxFileBytes)
                throw new ConfigurationException($"fleet file '{path}' has {length} bytes, must have at most {MaxFileBytes}.");
            json = File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ConfigurationException($"fleet file '{path}' cannot be read: {error.Message}", error);
        }
        return Parse(json, path);
    }

    /// <param name="json">The file's text. Comments and trailing commas are allowed.</param>
    /// <param name="source">Where it came from, for messages.</param>
    /// <exception cref="ConfigurationException">The text is no JSON, or holds anything that makes no sense: all faults at once.</exception>
    public static FleetSpec Parse(string json, string source)
    {
        var options = new JsonDocumentOptions
        {
            AllowDuplicateProperties = false,
            AllowTrailingCommas = true,
            CommentHandling = JsonCommentHandling.Skip,
            MaxDepth = 8,
        };
        try
        {
            using var document = JsonDocument.Parse(json, options);
            var faults = new FaultList();
            var fleet = Read(document.RootElement, faults);
            return faults.Count == 0 ? fleet : throw new ConfigurationException($"fleet file '{source}': {faults}");
        }
        catch (JsonException error)
        {
            throw new ConfigurationException($"fleet file '{source}' is no valid JSON: {error.Message}", error);
        }
    }

    private static FleetSpec Read(JsonElement root, FaultList faults)
    {
        var reader = new JsonNodeReader(root, "", faults);
        var name = reader.Text("name", "a text of at most 64 characters", "fleet", text => text.Length is > 0 and <= 64);
        var devices = reader.Objects("devices", required: true).Select(Device).ToImmutableArray();
        faults.Require(!reader.IsObject || devices.Length is >= 1 and <= MaxDevices, "devices", devices.Length, $"1 to {MaxDevices} devices");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < devices.Length; index++)
        {
            var id = devices[index].Id;
            faults.Require(id.Length == 0 || seen.Add(id), $"devices[{index}].id", id, "a name that no other device has");
        }

        var figures = new LinkFigures(double.PositiveInfinity, 0, 0);
        if (reader.Object("defaultLink") is { } defaultLink)
        {
            figures = LinkFigures.Read(defaultLink);
            defaultLink.RejectUnknown();
        }
        var links = LinkReader.Read(reader, devices, faults);
        reader.RejectUnknown();
        return new FleetSpec
        {
            Name = name,
            Devices = devices,
            Links = links,
            DefaultBandwidthBytesPerSecond = figures.BandwidthBytesPerSecond,
            DefaultLatencySeconds = figures.LatencySeconds,
            DefaultLossShare = figures.LossShare,
        };
    }

    private static DeviceSpec Device(JsonNodeReader reader)
    {
        var device = new DeviceSpec
        {
            Id = reader.Text("id", "1 to 64 letters, digits, '.', '_' or '-'", null, IsId),
            MemoryBytes = ToBytes(reader.Measure("memory", "memoryBytes", Quantity.Memory, "above 0 to 1,024 TiB", null, bytes => bytes is >= 1 and < 1L << 50)),
            Threads = (int)reader.Number("threads", "a whole number from 1 to 1,024", 1, value => value is >= 1 and <= 1024 && value == Math.Floor(value)),
            SlowdownFactor = reader.Number("slowdown", "0.001 to 1,000,000", 1, value => value is >= 1e-3 and <= 1e6),
            Description = reader.Text("description", "a text of at most 256 characters", "", text => text.Length <= 256),
            ComputeDevice = reader.Text("computeDevice", "1 to 64 letters, digits, '.', '_' or '-'", "", IsId),
            IsTrusted = reader.Flag("trusted", fallback: false),
        };
        reader.RejectUnknown();
        return device;
    }

    // A fault has been noted where the value is no number; the device is never used then.
    private static long ToBytes(double bytes) => double.IsNaN(bytes) ? 0 : (long)bytes;

    private static bool IsId(string text) =>
        text.Length is >= 1 and <= 64 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
