using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.Models;
using E2LLM.Gguf.Slicing;
using E2LLM.Gguf.Store;

namespace E2LLM.Inference.Kv;

/// <summary>Works out a slice's <see cref="KvLayout"/>.</summary>
internal static class KvLayoutReader
{
    /// <exception cref="ModelFileException">The slice's list of windowed layers is damaged.</exception>
    public static KvLayout Read(StoredSlice slice, ModelFile model, EngineSettings settings) => new()
    {
        FirstLayer = slice.FirstLayer,
        LayerCount = slice.LayerCount,
        Type = settings.KvType,
        RowElements = checked((int)model.HyperParameters.KeyValueLength),
        IsVTransposed = !settings.FlashAttention,
        Groups = Groups(slice, model.ArchitectureName),
    };

    // Slices say of each layer whether it has a window. With any such layer llama.cpp keeps two caches, be one of them without layers.
    private static ImmutableArray<KvLayerGroup> Groups(StoredSlice slice, string architecture)
    {
        using var file = GgufFile.Open(slice.Path);
        var key = $"{architecture}.attention.sliding_window";
        var layers = Enumerable.Range(0, slice.LayerCount);
        if (file.Metadata.Find(SliceKeys.Windowed)?.Type != GgufValueType.Array)
            return [new KvLayerGroup([.. layers], 0)];
        var isWindowed = file.Metadata.FindIntegers(SliceKeys.Windowed, slice.LayerCount)!.Value;
        if (isWindowed.Length != slice.LayerCount)
            throw new ModelFileException($"{slice.Path}: '{SliceKeys.Windowed}' has {isWindowed.Length} elements for {slice.LayerCount} layers.");
        if (isWindowed.All(windowed => windowed == 0))
            return [new KvLayerGroup([.. layers], 0)];
        if (file.Metadata.FindUInt32(key) is not (> 0 and <= int.MaxValue and var window))
            throw new ModelFileException($"{slice.Path}: '{key}' is missing or out of range, but layers have a window.");
        return
        [
            new KvLayerGroup([.. layers.Where(layer => isWindowed[layer] == 0)], 0),
            new KvLayerGroup([.. layers.Where(layer => isWindowed[layer] != 0)], (int)window),
        ];
    }
}
