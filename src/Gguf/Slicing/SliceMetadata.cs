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
        HashSet<string> ownKeys =
        [
            GgufFormat.AlignmentKey,
            architecture.Key(MetadataKeys.BlockCount),
            architecture.Key(MetadataKeys.VocabularySize),
            .. SlidingWindowMetadata.Keys(architecture),
        ];
        foreach (var entry in model.File.Metadata.Entries)
        {
            if (ownKeys.Contains(entry.Key) || IsOfWholeFile(entry.Key))
                continue;
            if (entry.Type == GgufValueType.Array && perLayer.Contains(entry.Key))
                writer.AddCopy(model.File, entry, firstLayer, layerCount);
            else
                writer.AddCopy(model.File, entry);
        }
        var hasHead = firstLayer + layerCount == sizes.LayerCount;
        writer.Add(architecture.Key(MetadataKeys.BlockCount), (uint)layerCount);
        writer.Add(architecture.Key(MetadataKeys.VocabularySize), hasHead ? (uint)sizes.VocabularySize : 1u);
        writer.Add(MetadataKeys.TokenizerModel, "no_vocab");
        SlidingWindowMetadata.Add(writer, model, firstLayer, layerCount);
        writer.Add(SliceKeys.First, (uint)firstLayer);
        writer.Add(SliceKeys.End, (uint)(firstLayer + layerCount));
        writer.Add(SliceKeys.Total, (uint)sizes.LayerCount);
        writer.Add(SliceKeys.SourceSha256, sourceSha256);
    }

    private static bool IsOfWholeFile(string key) =>
        key.StartsWith(MetadataKeys.TokenizerPrefix, StringComparison.Ordinal) || key.StartsWith(SplitKeys.Prefix, StringComparison.Ordinal);
}
