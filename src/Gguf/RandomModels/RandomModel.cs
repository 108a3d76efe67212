using E2LLM.Gguf.Format;
using E2LLM.Gguf.Models;

namespace E2LLM.Gguf.RandomModels;

/// <summary>Writes models with random weights: they load and compute like real ones and say nothing that means anything.</summary>
public static class RandomModel
{
    /// <summary>Writes a model file; the same arguments give the same bytes, on every machine.</summary>
    /// <param name="path">Overwritten where it exists.</param>
    /// <param name="weightType">F32, F16, Q8_0 or Q4_0; vectors and expert routers are F32 always.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another weight type.</exception>
    public static void Write(string path, ModelShape shape, GgmlType weightType, ulong seed)
    {
        if (weightType is not (GgmlType.F32 or GgmlType.F16 or GgmlType.Q8_0 or GgmlType.Q4_0))
            throw new ArgumentOutOfRangeException(nameof(weightType), weightType, "Random weights are F32, F16, Q8_0 or Q4_0.");
        var layout = shape.Layout;
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
        var writer = new GgufWriter(stream);
        AddMetadata(writer, shape, weightType);
        RandomVocabulary.Add(writer, shape.Sizes.VocabularySize);
        foreach (var tensor in layout)
            writer.AddTensor(tensor.Name, TypeOf(tensor, weightType), tensor.Shape.AsSpan());
        writer.BeginData();
        var weights = new RandomWeights(writer, seed);
        foreach (var tensor in layout)
            weights.Write(tensor, TypeOf(tensor, weightType));
        writer.Complete();
    }

    internal static GgmlType TypeOf(ExpectedTensor tensor, GgmlType weightType) =>
        tensor.Role == TensorRole.Vector || tensor.Name.EndsWith("ffn_gate_inp.weight", StringComparison.Ordinal) ? GgmlType.F32 : weightType;

    private static void AddMetadata(GgufWriter writer, ModelShape shape, GgmlType weightType)
    {
        var sizes = shape.Sizes;
        writer.Add(MetadataKeys.Architecture, shape.Architecture);
        // Not the shape's name: llama.cpp looks for other special tokens where this contains "phi3".
        writer.Add("general.name", "random");
        writer.Add("general.file_type", weightType switch { GgmlType.F32 => 0u, GgmlType.F16 => 1u, GgmlType.Q4_0 => 2u, _ => 7u });
        Add(MetadataKeys.BlockCount, sizes.LayerCount);
        Add(MetadataKeys.ContextLength, sizes.ContextLengthTokens);
        Add(MetadataKeys.EmbeddingLength, sizes.EmbeddingLength);
        Add(MetadataKeys.FeedForwardLength, sizes.FeedForwardLength);
        Add(MetadataKeys.HeadCount, sizes.HeadCount);
        Add(MetadataKeys.HeadCountKv, sizes.HeadCountKv);
        Add(MetadataKeys.KeyLength, sizes.HeadLength);
        Add(MetadataKeys.ValueLength, sizes.HeadLength);
        Add(MetadataKeys.RopeDimensions, sizes.RopeDimensions);
        Add(MetadataKeys.VocabularySize, sizes.VocabularySize);
        writer.Add(Key(MetadataKeys.NormEpsilon), 1e-5f);
        writer.Add(Key(MetadataKeys.RopeBase), shape.RopeBase);
        if (shape.RopeBaseSlidingWindow is { } rope)
            writer.Add(Key(MetadataKeys.RopeBaseSlidingWindow), rope);
        if (sizes.SlidingWindowTokens > 0)
            Add(MetadataKeys.SlidingWindow, sizes.SlidingWindowTokens);
        if (sizes.ExpertCount == 0)
            return;
        Add(MetadataKeys.ExpertCount, sizes.ExpertCount);
        Add(MetadataKeys.ExpertUsedCount, sizes.ExpertUsedCount);
        Add(MetadataKeys.ExpertFeedForwardLength, sizes.ExpertFeedForwardLength);

        string Key(string suffix) => $"{shape.Architecture}.{suffix}";
        void Add(string suffix, int value) => writer.Add(Key(suffix), (uint)value);
    }
}
