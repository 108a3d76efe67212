using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.Models;
using PresetShapes = E2LLM.Planning.Presets.ModelShapes;
using RandomShapes = E2LLM.Gguf.RandomModels.ModelShapes;

namespace E2LLM.Cli.Planning.Inputs;

/// <summary>A model by its GGUF file or by the name of a shape; a shape's weights may be named too: "llama-3.1-8b:q8_0".</summary>
internal static class ModelInput
{
    private const GgmlType DefaultWeights = GgmlType.Q4_0;

    private static readonly Dictionary<string, GgmlType> WeightTypes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["q4_0"] = GgmlType.Q4_0,
        ["q8_0"] = GgmlType.Q8_0,
        ["f16"] = GgmlType.F16,
        ["f32"] = GgmlType.F32,
    };

    /// <summary>Shapes whose weight type is part of the shape.</summary>
    public static IReadOnlyList<string> FixedShapes => PresetShapes.Names;

    /// <summary>Shapes that may be followed by a colon and one of <see cref="WeightTypeNames"/>.</summary>
    public static IReadOnlyList<string> TypedShapes { get; } = [.. RandomShapes.All.Select(shape => shape.Name).Except(PresetShapes.Names)];

    public static IReadOnlyCollection<string> WeightTypeNames => WeightTypes.Keys;

    /// <exception cref="E2LlmException">No such file or shape, or the file is no model that can be served.</exception>
    public static ModelSpec Resolve(string text)
    {
        if (File.Exists(text) || text.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
        {
            using var file = ModelFile.Open(text);
            return ModelSpecReader.Read(file);
        }
        if (PresetShapes.Find(text.ToLowerInvariant()) is { } preset)
            return preset;
        var parts = text.Split(':');
        var shape = RandomShapes.All.FirstOrDefault(shape => string.Equals(shape.Name, parts[0], StringComparison.OrdinalIgnoreCase));
        var weights = DefaultWeights;
        if (shape is null || parts.Length > 2 || parts.Length == 2 && !WeightTypes.TryGetValue(parts[1], out weights))
            throw new ConfigurationException(
                $"--model is '{text}', must be a GGUF file or one of: {string.Join(", ", FixedShapes)}; or, followed by nothing or ':' and "
                + $"{string.Join(", ", WeightTypeNames)}: {string.Join(", ", TypedShapes)}.");
        var spec = shape.ToSpec(weights);
        return spec with { Id = $"{spec.Id}-{weights.ToString().ToLowerInvariant()}" };
    }
}
