using E2LLM.Gguf.Format;
using E2LLM.Gguf.Models;

namespace E2LLM.Gguf.Slicing;

/// <summary>
/// Tells a slice which of its layers attend within a sliding window: by a period, which every llama.cpp counts from the slice's first
/// layer, or where none fits by a list, which the newer ones read.
/// </summary>
internal static class SlidingWindowMetadata
{
    /// <summary>Keys that <see cref="Add"/> writes, or leaves out on purpose.</summary>
    public static IEnumerable<string> Keys(ModelArchitecture architecture) =>
        architecture.SlidingWindowPattern == 0
            ? []
            : new[] { MetadataKeys.SlidingWindowPattern, MetadataKeys.SlidingWindow, MetadataKeys.RopeBaseSlidingWindow }.Select(architecture.Key);

    public static void Add(GgufWriter writer, ModelFile model, int firstLayer, int layerCount)
    {
        var architecture = model.Architecture;
        if (architecture.SlidingWindowPattern == 0)
            return;
        var isLocal = IsLocal(model, firstLayer, layerCount);
        if (isLocal.Contains(true))
        {
            writer.Add(architecture.Key(MetadataKeys.SlidingWindow), (uint)model.HyperParameters.SlidingWindowTokens);
            if (model.File.Metadata.FindFloat32(architecture.Key(MetadataKeys.RopeBaseSlidingWindow)) is { } rope)
                writer.Add(architecture.Key(MetadataKeys.RopeBaseSlidingWindow), rope);
        }
        else
        {
            // llama.cpp asserts that a model with a window has a layer that uses it. Either there is no window at all, or, where the
            // architecture cannot do without, the window reaches further than any context and RoPE turns as in a global layer.
            writer.Add(architecture.Key(MetadataKeys.SlidingWindow), architecture.GlobalSliceWindowTokens);
            Array.Fill(isLocal, architecture.GlobalSliceWindowTokens > 0);
        }
        writer.AddArray<bool>(SliceKeys.Windowed, GgufValueType.Bool, isLocal);
        if (WindowPeriods.Find(isLocal) is { } period)
            writer.Add(architecture.Key(MetadataKeys.SlidingWindowPattern), period);
        else
            writer.AddArray<bool>(architecture.Key(MetadataKeys.SlidingWindowPattern), GgufValueType.Bool, isLocal);
    }

    /// <summary>Which of the layers attend within the window; none where the architecture has no windows.</summary>
    public static bool[] IsLocal(ModelFile model, int firstLayer, int layerCount)
    {
        var isLocal = new bool[layerCount];
        var metadata = model.File.Metadata;
        var key = model.Architecture.Key(MetadataKeys.SlidingWindowPattern);
        if (model.Architecture.SlidingWindowPattern == 0 || model.HyperParameters.SlidingWindowTokens == 0)
            return isLocal;
        if (metadata.Find(key)?.Type == GgufValueType.Array)
        {
            var list = metadata.FindIntegers(key, model.HyperParameters.LayerCount)!.Value;
            for (var i = 0; i < layerCount; i++)
                isLocal[i] = list[firstLayer + i] != 0;
            return isLocal;
        }
        return WindowPeriods.IsWindowed(metadata.FindUInt32(key) ?? (uint)model.Architecture.SlidingWindowPattern, firstLayer, layerCount);
    }
}
