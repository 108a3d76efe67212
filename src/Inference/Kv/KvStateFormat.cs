namespace E2LLM.Inference.Kv;

/// <summary>
/// The bytes that llama_state_seq_get_data of llama.cpp v0.5.0 writes for a unified KV cache, little endian:
/// <code>
/// u32 magic | i32 sequence | for each cache: u32 streams (1) | u32 cells | and, unless there are none,
///   cells x { i32 position, u32 sequences (1), i32 sequence } | u32 V is transposed | u32 layers
///   layers x { i32 type, u64 bytes of a row, cells x K row }
///   layers x { i32 type, u64 bytes of a row, cells x V row }                                     with flash attention, or
///   layers x { i32 type, u32 bytes of an element, u32 elements, elements x cells x V element }   without
/// </code>
/// K has been through RoPE. Q8_0 entries of heads whose length is a multiple of 64 are Hadamard-rotated, which the state does not say:
/// both ends have the same settings, so both rotate or neither does.
/// </summary>
internal static class KvStateFormat
{
    public const uint Magic = 0xAF143CD8;

    /// <summary>Magic and sequence.</summary>
    public const int HeaderBytes = 8;

    /// <summary>Streams and cells.</summary>
    public const int CacheHeaderBytes = 8;

    public const int CellBytes = 12;

    /// <summary>Transposition and layers.</summary>
    public const int DataHeaderBytes = 8;

    /// <summary>Type and sizes, before each layer's K and before its V.</summary>
    public const int LayerHeaderBytes = 12;

    /// <summary>Bytes of a state; what it holds in each cache says how many cells.</summary>
    public static long StateBytes(KvLayout layout, Func<KvLayerGroup, int> cellsOf)
    {
        var bytes = (long)HeaderBytes;
        foreach (var group in layout.Groups)
            bytes += CacheBytes(layout, group, cellsOf(group));
        return bytes;
    }

    private static long CacheBytes(KvLayout layout, KvLayerGroup group, int cells) => cells == 0
        ? CacheHeaderBytes
        : CacheHeaderBytes + (long)cells * CellBytes + DataHeaderBytes
            + 2L * group.Layers.Length * (LayerHeaderBytes + (long)cells * layout.RowBytes);
}
