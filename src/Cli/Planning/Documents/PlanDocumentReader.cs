using System.Collections.Immutable;
using System.Text.Json;
using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;

namespace E2LLM.Cli.Planning.Documents;

/// <summary>Reads a plan back from a document, to compare a newer one with it.</summary>
internal static class PlanDocumentReader
{
    private const int MaxFileBytes = 64 << 20;
    private const int MaxDepth = 16;

    private static readonly JsonSerializerOptions Options = new(PlanDocument.Options)
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>The plan of the named planner; of a document without it, the first.</summary>
    /// <exception cref="ConfigurationException">The file is no such document, or its plan is not one of the model.</exception>
    public static ServingPlan Read(string path, string planner, ModelSpec model)
    {
        try
        {
            if (new FileInfo(path).Length > MaxFileBytes)
                throw Fault(path, $"it has more than {MaxFileBytes} bytes");
            return Parse(File.ReadAllText(path), path, planner, model);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ConfigurationException($"--compare '{path}' cannot be read: {error.Message}", error);
        }
    }

    /// <param name="json">The document.</param>
    /// <param name="source">Where it came from, for messages.</param>
    public static ServingPlan Parse(string json, string source, string planner, ModelSpec model)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || Text(root, "format") is not { } format)
                throw Fault(source, "it has no member 'format'");
            if (format != PlanDocument.Format)
                throw Fault(source, $"its format is '{format}', must be '{PlanDocument.Format}'");
            var id = root.TryGetProperty("model", out var described) && described.ValueKind == JsonValueKind.Object ? Text(described, "id") : null;
            if (id != model.Id)
                throw Fault(source, $"it is for the model '{id}', not for '{model.Id}'");
            return Plan(Entry(root, planner) ?? throw Fault(source, "it holds no plan"), source, model);
        }
        catch (JsonException error)
        {
            throw Fault(source, error.Message);
        }
    }

    private static JsonElement? Entry(JsonElement root, string planner)
    {
        if (!root.TryGetProperty("plans", out var plans))
            return root;
        if (plans.ValueKind != JsonValueKind.Array)
            return null;
        JsonElement[] made = [.. plans.EnumerateArray().Where(plan => plan.ValueKind == JsonValueKind.Object && plan.TryGetProperty("replicas", out _))];
        var index = Math.Max(0, Array.FindIndex(made, plan => Text(plan, "planner") == planner));
        return made.Length == 0 ? null : made[index];
    }

    private static ServingPlan Plan(JsonElement entry, string source, ModelSpec model)
    {
        var read = entry.Deserialize<ReadPlan>(Options) ?? throw Fault(source, "it holds no plan");
        if (read.Replicas.IsEmpty || read.Replicas.Any(replica => replica is null || replica.Stages.Any(stage => stage is null)))
            throw Fault(source, "its plan has no replicas, or an empty one");
        var devices = new HashSet<string>(StringComparer.Ordinal);
        return new ServingPlan
        {
            ModelId = model.Id,
            Planner = read.Planner,
            Replicas = [.. read.Replicas.Select(replica => Replica(replica, source, model, devices))],
        };
    }

    private static ReplicaPlan Replica(ReadReplica replica, string source, ModelSpec model, HashSet<string> devices)
    {
        if (!RoleNames.TryParse(replica.Role, out var role))
            throw Fault(source, $"the role of replica '{replica.Id}' is '{replica.Role}', must be one of: {string.Join(", ", Enum.GetValues<ReplicaRole>().Select(RoleNames.Of))}");
        var end = 0;
        foreach (var stage in replica.Stages)
        {
            if (stage.FirstLayer != end || stage.Layers < 1 || stage.Layers > model.LayerCount - end)
                throw Fault(
                    source,
                    $"stage '{stage.Device}' of replica '{replica.Id}' has {stage.Layers} layers from {stage.FirstLayer}; expected from {end}, within the model's {model.LayerCount}");
            if (!devices.Add(stage.Device))
                throw Fault(source, $"the device '{stage.Device}' stands in it twice");
            end += stage.Layers;
        }
        if (end != model.LayerCount)
            throw Fault(source, $"replica '{replica.Id}' holds {end} of the model's {model.LayerCount} layers");
        return new ReplicaPlan
        {
            Id = replica.Id,
            Role = role,
            Engine = new EngineSettings(),
            DecodeConcurrency = Math.Max(0, replica.DecodeConcurrency),
            MicroBatches = Math.Max(0, replica.MicroBatches),
            Stages = [.. replica.Stages.Select(Stage)],
        };
    }

    private static StagePlan Stage(ReadStage stage) => new()
    {
        DeviceId = stage.Device,
        FirstLayer = stage.FirstLayer,
        LayerCount = stage.Layers,
        WeightBytes = stage.WeightBytes,
        KvBytes = stage.KvBytes,
        ScratchBytes = stage.ScratchBytes,
    };

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static ConfigurationException Fault(string source, string fault) =>
        new($"--compare '{source}' is no plan that 'e2llm plan --json' wrote: {fault}.");

    private sealed record ReadPlan(string Planner, ImmutableList<ReadReplica> Replicas);

    private sealed record ReadReplica(string Id, string Role, ImmutableList<ReadStage> Stages, int DecodeConcurrency = 0, int MicroBatches = 0);

    private sealed record ReadStage(string Device, int FirstLayer, int Layers, long WeightBytes = 0, long KvBytes = 0, long ScratchBytes = 0);
}
