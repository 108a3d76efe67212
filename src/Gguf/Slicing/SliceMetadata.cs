using E2LLM.Gguf.Format;
using E2LLM.Gguf.Models;

namespace E2LLM.Gguf.Slicing;

/// <summary>Says which metadata a slice has.</summary>
internal static class SliceMetadata
{
    public static void Add(GgufWriter writer, ModelFile model, int firstLayer, int layerCount, string sourceSha256)
    {
        var architecture = model.Architecture;
        var sizes = model.HyperParameters;
        var perLayer = architecture.PerLayerKeys.Select(architecture.Key).ToHashSet();
        var pattern = architecture.SlidingWindowPattern > 0 ? architecture.Key(MetadataKeys.SlidingWindowPattern) : null;
        var ownKeys = new HashSet<string>
        {
            GgufFormat.AlignmentKey, architecture.Key(MetadataKeys.BlockCount), architecture.Key(MetadataKeys.VocabularySize),
        };
        foreach (var entry in model.File.Metadata.Entries)
        {
            if (ownKeys.Contains(entry.Key) || IsOfWholeFile(entry.Key))
                continue;
            if (entry.Type == GgufValueType.Array && perLayer.Contains(entry.Key))
                writer.AddCopy(model.File, entry, firstLayer, layerCount);
            else if (entry.Key != pattern)
                writer.AddCopy(model.File, entry);
        }
        var hasHead = firstLayer + layerCount == sizes.LayerCount;
        writer.Add(architecture.Key(MetadataKeys.BlockCount), (uint)layerCount);
        writer.Add(architecture.Key(MetadataKeys.VocabularySize), hasHead ? (uint)sizes.VocabularySize : 1u);
        writer.Add(MetadataKeys.TokenizerModel, "no_vocab");
        if (pattern is not null && model.File.Metadata.Find(pattern)?.Type != GgufValueType.Array)
            AddSlidingWindowPattern(writer, model, pattern, firstLayer, layerCount);
        writer.Add(SliceKeys.First, (uint)firstLayer);
        writer.Add(SliceKeys.End, (uint)(firstLayer + layerCount));
        writer.Add(SliceKeys.Total, (uint)sizes.LayerCount);
        writer.Add(SliceKeys.SourceSha256, sourceSha256);
    }

    private static bool IsOfWholeFile(string key) =>
        key.StartsWith(MetadataKeys.TokenizerPrefix, StringComparison.Ordinal) || key.StartsWith(MetadataKeys.SplitPrefix, StringComparison.Ordinal);

    // llama.cpp would count the period from the slice's first layer; a list says of each layer what it was in the model.
    private static void AddSlidingWindowPattern(GgufWriter writer, ModelFile model, string key, int firstLayer, int layerCount)
    {
        var period = model.File.Metadata.FindUInt32(key) ?? (uint)model.Architecture.SlidingWindowPattern;
        var isLocal = new bool[layerCount];
        for (var i = 0; i < layerCount; i++)
            isLocal[i] = period == 0 || (uint)(firstLayer + i) % period < period - 1;
        writer.AddArray<bool>(key, GgufValueType.Bool, isLocal);
    }
}
