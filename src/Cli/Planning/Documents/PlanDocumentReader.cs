using System.Text.Json;
using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Core.Plans.Documents;

namespace E2LLM.Cli.Planning.Documents;

/// <summary>
/// Reads a plan back, to compare a newer one with it: from a document of <c>e2llm plan --json</c>, or from what GET /v1/plan answered.
/// </summary>
internal static class PlanDocumentReader
{
    private const int MaxFileBytes = 64 << 20;
    private const int MaxDepth = 16;

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
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("models", out var models) && models.ValueKind == JsonValueKind.Array)
                return Plan(Served(models, source, model), PlanJson.Http, source, model);
            if (root.ValueKind != JsonValueKind.Object || Text(root, "format") is not { } format)
                throw Fault(source, "it has no member 'format'");
            if (format != PlanDocument.Format)
                throw Fault(source, $"its format is '{format}', must be '{PlanDocument.Format}'");
            var id = root.TryGetProperty("model", out var described) && described.ValueKind == JsonValueKind.Object ? Text(described, "id") : null;
            if (id != model.Id)
                throw Fault(source, $"it is for the model '{id}', not for '{model.Id}'");
            return Plan(Entry(root, planner) ?? throw Fault(source, "it holds no plan"), PlanJson.File, source, model);
        }
        catch (JsonException error)
        {
            throw Fault(source, error.Message);
        }
    }

    private static JsonElement Served(JsonElement models, string source, ModelSpec model)
    {
        JsonElement[] served = [.. models.EnumerateArray().Where(entry => entry.ValueKind == JsonValueKind.Object)];
        var index = Array.FindIndex(served, entry => Text(entry, "model") == model.Id);
        if (index < 0)
            throw Fault(source, $"it is for the models {string.Join(", ", served.Select(entry => $"'{Text(entry, "model")}'"))}, not for '{model.Id}'");
        return Text(served[index], "planner") is null ? throw Fault(source, $"'{model.Id}' has no plan in it") : served[index];
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

    private static ServingPlan Plan(JsonElement entry, JsonSerializerOptions options, string source, ModelSpec model)
    {
        var read = entry.Deserialize<ReadPlan>(options) ?? throw Fault(source, "it holds no plan");
        if (read.Replicas.Count == 0 || read.Replicas.Any(replica => replica is null || replica.Stages.Any(stage => stage is null)))
            throw Fault(source, "its plan has no replicas, or an empty one");
        var devices = new HashSet<string>(StringComparer.Ordinal);
        return new ServingPlan
        {
            ModelId = model.Id,
            Planner = read.Planner,
            Replicas = [.. read.Replicas.Select(replica => Replica(replica, source, model, devices))],
        };
    }

    private static ReplicaPlan Replica(PlannedReplica<PlannedStage> replica, string source, ModelSpec model, HashSet<string> devices)
    {
        if (!PlanJson.TryParseRole(replica.Role, out var role))
            throw Fault(source, $"the role of replica '{replica.Id}' is '{replica.Role}', must be one of: {string.Join(", ", Enum.GetValues<ReplicaRole>().Select(value => PlanJson.NameOf(value)))}");
        var end = 0;
        foreach (var stage in replica.Stages)
        {
            if (stage.FirstLayer != end || stage.LayerCount < 1 || stage.LayerCount > model.LayerCount - end)
                throw Fault(
                    source,
                    $"stage '{stage.Device}' of replica '{replica.Id}' has {stage.LayerCount} layers from {stage.FirstLayer}; expected from {end}, within the model's {model.LayerCount}");
            if (!devices.Add(stage.Device))
                throw Fault(source, $"the device '{stage.Device}' stands in it twice");
            end += stage.LayerCount;
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

    private static StagePlan Stage(PlannedStage stage) => new()
    {
        DeviceId = stage.Device,
        FirstLayer = stage.FirstLayer,
        LayerCount = stage.LayerCount,
        WeightBytes = stage.WeightBytes,
        KvBytes = stage.KvBytes,
        ScratchBytes = stage.ScratchBytes,
    };

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static ConfigurationException Fault(string source, string fault) =>
        new($"--compare '{source}' is no plan that 'e2llm plan --json' wrote or GET /v1/plan answered: {fault}.");

    private sealed record ReadPlan
    {
        public required string Planner { get; init; }

        public required IReadOnlyList<PlannedReplica<PlannedStage>> Replicas { get; init; }
    }
}
