using E2LLM.Core.Errors;
using E2LLM.Gguf.Format;

namespace E2LLM.Gguf.Models;

/// <summary>
/// Reads a model's sizes and refuses those at which llama.cpp would abort the process, divide by zero or silently compute something else.
/// </summary>
internal sealed class HyperParameterReader(GgufFile file, ModelArchitecture architecture)
{
    // llama.cpp's LLAMA_MAX_LAYERS and LLAMA_MAX_EXPERTS; the others are far above any model and keep products within 64 bits.
    private const int MaxLayers = 512;
    private const int MaxExperts = 1024;
    private const int MaxHeads = 4096;
    private const int MaxHeadLength = 4096;
    private const int MaxWidth = 1 << 20;
    private const int MaxContextTokens = 1 << 28;

    // llama.cpp multiplies the window by the number of sequences, at most 256, in 32 bits.
    private const int MaxWindowTokens = 1 << 22;

    private static readonly string[] RopeScalings = ["none", "linear", "yarn", "longrope"];

    public HyperParameters Read()
    {
        var layers = Required(MetadataKeys.BlockCount, 1, MaxLayers);
        if (layers == architecture.RefusedLayerCount)
            throw Fault(MetadataKeys.BlockCount, $"a {architecture.Name} model of {layers} layers cannot be served in slices: llama.cpp picks constants by this number, which changes in a slice");
        var embedding = Required(MetadataKeys.EmbeddingLength, 1, MaxWidth);
        Optional(MetadataKeys.EmbeddingLengthOut, embedding, embedding);
        var heads = RequiredPerLayer(MetadataKeys.HeadCount, layers, 1, MaxHeads);
        var headsKv = PerLayer(MetadataKeys.HeadCountKv, layers, 1, heads) ?? heads;
        if (heads % headsKv != 0)
            throw Fault(MetadataKeys.HeadCountKv, $"its {headsKv} heads do not divide the {heads} of {architecture.Key(MetadataKeys.HeadCount)}");
        var headLength = HeadLength(embedding, heads);
        var experts = Optional(MetadataKeys.ExpertCount, 0, MaxExperts) ?? 0;
        CheckNumbers(experts);
        var expertsUsed = PerLayer(MetadataKeys.ExpertUsedCount, layers, experts > 0 ? 1 : 0, experts) ?? 0;
        if (architecture.HasExperts && experts == 0)
            throw Missing(MetadataKeys.ExpertCount);
        if (experts > 0 && expertsUsed == 0)
            throw Missing(MetadataKeys.ExpertUsedCount);
        var feedForward = PerLayer(MetadataKeys.FeedForwardLength, layers, 0, MaxWidth) ?? 0;
        if (feedForward == 0 && !architecture.HasExperts)
            throw Missing(MetadataKeys.FeedForwardLength);
        return new HyperParameters
        {
            LayerCount = layers,
            ContextLengthTokens = Required(MetadataKeys.ContextLength, 1, MaxContextTokens),
            EmbeddingLength = embedding,
            HeadCount = heads,
            HeadCountKv = headsKv,
            HeadLength = headLength,
            RopeDimensions = RopeDimensions(headLength),
            FeedForwardLength = feedForward,
            ExpertCount = experts,
            ExpertUsedCount = expertsUsed,
            ExpertFeedForwardLength = ExpertLength(layers, feedForward, experts, expertsUsed),
            SlidingWindowTokens = SlidingWindow(layers),
            LongRope = CheckRopeScaling() == "longrope",
            VocabularySize = VocabularySize(embedding),
        };
    }

    private int HeadLength(int embedding, int heads)
    {
        var implied = embedding / heads;
        var key = Optional(MetadataKeys.KeyLength, 1, MaxHeadLength);
        if (key is null && (implied is 0 or > MaxHeadLength || embedding % heads != 0))
            throw Fault(MetadataKeys.HeadCount, $"{heads} heads do not divide the embedding of {embedding} evenly");
        var length = key ?? implied;
        RequireEqual(MetadataKeys.ValueLength, length, implied);
        RequireEqual(MetadataKeys.KeyLengthSlidingWindow, length, length);
        RequireEqual(MetadataKeys.ValueLengthSlidingWindow, length, length);
        if (architecture.HeadsSpanEmbedding && (long)length * heads != embedding)
            throw Fault(MetadataKeys.HeadCount, $"{heads} heads of {length} are not the embedding's {embedding}");
        return length;
    }

    private int RopeDimensions(int headLength)
    {
        var dimensions = Optional(MetadataKeys.RopeDimensions, 2, headLength) ?? headLength;
        if (dimensions % 2 != 0 || (architecture.RopeSpansHead && dimensions != headLength))
            throw Fault(MetadataKeys.RopeDimensions, $"RoPE cannot turn {dimensions} elements of a head of {headLength}");
        RequireEqual(MetadataKeys.RopeDimensionsSlidingWindow, dimensions, dimensions);
        return dimensions;
    }

    private int ExpertLength(int layers, int feedForward, int experts, int expertsUsed)
    {
        if (experts == 0)
            return 0;
        if (!architecture.HasExperts)
            return feedForward > 0 ? feedForward : throw Missing(MetadataKeys.FeedForwardLength);
        var length = PerLayer(MetadataKeys.ExpertFeedForwardLength, layers, 0, MaxWidth) is { } given and > 0 ? given : feedForward / expertsUsed;
        return length > 0 ? length : throw Missing(MetadataKeys.ExpertFeedForwardLength);
    }

    private int SlidingWindow(int layers)
    {
        if (architecture.SlidingWindowPattern == 0)
            return 0;
        // Where a slice cannot do without a window, neither can the model.
        var window = architecture.GlobalSliceWindowTokens > 0
            ? Required(MetadataKeys.SlidingWindow, 1, MaxWindowTokens)
            : Optional(MetadataKeys.SlidingWindow, 0, MaxWindowTokens) ?? 0;
        var key = architecture.Key(MetadataKeys.SlidingWindowPattern);
        if (file.Metadata.Find(key) is { Type: GgufValueType.Array } entry)
        {
            if (entry.Count != layers)
                throw file.Metadata.Fault(entry, $"'{key}' has {entry.Count} elements for {layers} layers");
        }
        else
        {
            Optional(MetadataKeys.SlidingWindowPattern, 0, MaxLayers);
        }
        return window;
    }

    private int VocabularySize(int embedding)
    {
        var tensor = file.FindTensor(TensorNames.TokenEmbedding) ?? throw FileFault.InFile(file.Path, "the tensor 'token_embd.weight' is missing");
        if (tensor.Shape.Length != 2 || tensor.Shape[0] != embedding || tensor.Shape[1] > int.MaxValue)
            throw file.Fault(tensor, $"the tensor 'token_embd.weight' has the shape {tensor.ShapeText}, but rows of {embedding} are needed");
        return (int)tensor.Shape[1];
    }

    private void CheckNumbers(int experts)
    {
        if (RequiredFloat(MetadataKeys.NormEpsilon) is < 0 or > 1)
            throw Fault(MetadataKeys.NormEpsilon, "it must be from 0 to 1");
        if (Float(MetadataKeys.RopeBase) is <= 0 || Float(MetadataKeys.RopeBaseSlidingWindow) is <= 0)
            throw Fault(MetadataKeys.RopeBase, "the base of RoPE must be above 0");
        if (Float(MetadataKeys.RopeScalingFactor) is < 0)
            throw Fault(MetadataKeys.RopeScalingFactor, "it must not be negative");
        Optional(MetadataKeys.RopeScalingContext, 0, MaxContextTokens);
        Optional(MetadataKeys.ExpertGroupCount, 0, experts > 1 ? 1 : 0);
        Optional(MetadataKeys.NextTokenLayers, 0, 0);
        if (file.Metadata.FindBool(architecture.Key(MetadataKeys.Causal)) == false)
            throw Fault(MetadataKeys.Causal, "a model that looks ahead cannot generate text");
    }

    private string CheckRopeScaling()
    {
        var type = file.Metadata.FindString(architecture.Key(MetadataKeys.RopeScalingType)) ?? "linear";
        return RopeScalings.Contains(type)
            ? type
            : throw Fault(MetadataKeys.RopeScalingType, $"the scaling '{type}' is not one of {string.Join(", ", RopeScalings)}");
    }

    private void RequireEqual(string suffix, int expected, int implied)
    {
        var value = Optional(suffix, 1, MaxHeadLength) ?? implied;
        if (value != expected)
            throw Fault(suffix, $"it is {value}, but heads of {expected} in all places are needed");
    }

    private int Required(string suffix, int min, int max) => Optional(suffix, min, max) ?? throw Missing(suffix);

    private int? Optional(string suffix, int min, int max)
    {
        if (file.Metadata.FindUInt32(architecture.Key(suffix)) is not { } value)
            return null;
        CheckRange(suffix, value, min, max);
        return (int)value;
    }

    private int RequiredPerLayer(string suffix, int layers, int min, int max) => PerLayer(suffix, layers, min, max) ?? throw Missing(suffix);

    // llama.cpp v0.5.0 takes the tensor shapes of these architectures from the first layer, so layers that differ cannot load.
    private int? PerLayer(string suffix, int layers, int min, int max)
    {
        var key = architecture.Key(suffix);
        if (file.Metadata.Find(key) is not { Type: GgufValueType.Array } entry)
            return Optional(suffix, min, max);
        if (!architecture.PerLayerKeys.Contains(suffix))
            throw file.Metadata.Fault(entry, $"'{key}' is an array, but {architecture.Name} has one value for all layers");
        var values = file.Metadata.FindIntegers(key, MaxLayers)!.Value;
        if (values.Length != layers)
            throw file.Metadata.Fault(entry, $"'{key}' has {values.Length} elements for {layers} layers");
        foreach (var value in values)
            CheckRange(suffix, value, min, max);
        return values.All(value => value == values[0])
            ? (int)values[0]
            : throw file.Metadata.Fault(entry, $"'{key}' differs between layers, which {architecture.Name} does not support");
    }

    private void CheckRange(string suffix, long value, int min, int max)
    {
        if (value < min || value > max)
            throw Fault(suffix, $"it is {value}; it must be from {min} to {max}");
    }

    private float? Float(string suffix)
    {
        var value = file.Metadata.FindFloat32(architecture.Key(suffix));
        return value is null || float.IsFinite(value.Value) ? value : throw Fault(suffix, $"it is {value}, which is no finite number");
    }

    private float RequiredFloat(string suffix) => Float(suffix) ?? throw Missing(suffix);

    private ModelFileException Missing(string suffix) => FileFault.InFile(file.Path, $"the key '{architecture.Key(suffix)}' is missing or 0");

    private ModelFileException Fault(string suffix, string reason)
    {
        var key = architecture.Key(suffix);
        return file.Metadata.Find(key) is { } entry
            ? file.Metadata.Fault(entry, $"'{key}': {reason}")
            : FileFault.InFile(file.Path, $"'{key}' (absent): {reason}");
    }
}
