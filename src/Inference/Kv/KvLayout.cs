using System.Collections.Immutable;
using E2LLM.Core.Plans;

namespace E2LLM.Inference.Kv;

/// <summary>
/// What the KV cache of a slice looks like inside llama.cpp, worked out from the model's facts and the settings alone. It fixes every
/// count and size of a sequence state, so that nothing has to be believed of a blob or of a sender.
/// </summary>
internal sealed record KvLayout
{
    /// <summary>Of the slice, in the whole model.</summary>
    public required int FirstLayer { get; init; }

    public required int LayerCount { get; init; }

    public required KvCacheType Type { get; init; }

    /// <summary>Elements of one position's K in one layer; its V has as many.</summary>
    public required int RowElements { get; init; }

    /// <summary>Whether V is stored with one row an element, as llama.cpp has it without flash attention.</summary>
    public required bool IsVTransposed { get; init; }

    /// <summary>The caches in the order in which a state holds them.</summary>
    public required ImmutableArray<KvLayerGroup> Groups { get; init; }

    /// <summary>Bytes of one position's K in one layer; its V has as many.</summary>
    public int RowBytes => Type switch
    {
        KvCacheType.F32 => RowElements * 4,
        KvCacheType.F16 => RowElements * 2,
        // Blocks of 32 elements, one byte each, with an F16 scale.
        KvCacheType.Q8_0 => RowElements / 32 * 34,
        _ => throw new InvalidOperationException($"KvType is {Type}."),
    };

    /// <summary>Bytes of an element; for types without blocks.</summary>
    public int ElementBytes => RowBytes / RowElements;

    /// <summary>Of the layers' sliding windows; 0 where all layers attend to everything.</summary>
    public int WindowTokens => Groups.Max(group => group.WindowTokens);
}
