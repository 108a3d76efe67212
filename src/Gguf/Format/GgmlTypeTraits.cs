using System.Collections.Frozen;

namespace E2LLM.Gguf.Format;

/// <summary>Block layout of a ggml type.</summary>
/// <param name="BlockElements">Elements in a block; a row is a whole number of blocks.</param>
/// <param name="BlockBytes">Bytes of a block.</param>
/// <param name="IsWeight">Whether ggml can multiply by a matrix of this type. With any other type it aborts the process.</param>
public readonly record struct GgmlTypeTraits(int BlockElements, int BlockBytes, bool IsWeight)
{
    private static readonly FrozenDictionary<GgmlType, GgmlTypeTraits> Table = new Dictionary<GgmlType, GgmlTypeTraits>
    {
        [GgmlType.F32] = new(1, 4, true),
        [GgmlType.F16] = new(1, 2, true),
        [GgmlType.BF16] = new(1, 2, true),
        [GgmlType.Q1_0] = new(128, 18, true),
        [GgmlType.Q2_0] = new(64, 18, true),
        [GgmlType.Q4_0] = new(32, 18, true),
        [GgmlType.Q4_1] = new(32, 20, true),
        [GgmlType.Q5_0] = new(32, 22, true),
        [GgmlType.Q5_1] = new(32, 24, true),
        [GgmlType.Q8_0] = new(32, 34, true),
        [GgmlType.Q8_1] = new(32, 36, false),
        [GgmlType.Q2_K] = new(256, 84, true),
        [GgmlType.Q3_K] = new(256, 110, true),
        [GgmlType.Q4_K] = new(256, 144, true),
        [GgmlType.Q5_K] = new(256, 176, true),
        [GgmlType.Q6_K] = new(256, 210, true),
        [GgmlType.Q8_K] = new(256, 292, false),
        [GgmlType.IQ2_XXS] = new(256, 66, true),
        [GgmlType.IQ2_XS] = new(256, 74, true),
        [GgmlType.IQ2_S] = new(256, 82, true),
        [GgmlType.IQ3_XXS] = new(256, 98, true),
        [GgmlType.IQ3_S] = new(256, 110, true),
        [GgmlType.IQ1_S] = new(256, 50, true),
        [GgmlType.IQ1_M] = new(256, 56, true),
        [GgmlType.IQ4_NL] = new(32, 18, true),
        [GgmlType.IQ4_XS] = new(256, 136, true),
        [GgmlType.TQ1_0] = new(256, 54, true),
        [GgmlType.TQ2_0] = new(256, 66, true),
        [GgmlType.MXFP4] = new(32, 17, true),
        [GgmlType.NVFP4] = new(64, 36, true),
        [GgmlType.I8] = new(1, 1, false),
        [GgmlType.I16] = new(1, 2, false),
        [GgmlType.I32] = new(1, 4, false),
        [GgmlType.I64] = new(1, 8, false),
        [GgmlType.F64] = new(1, 8, false),
    }.ToFrozenDictionary();

    /// <summary>False where ggml has no such type.</summary>
    public static bool TryGet(GgmlType type, out GgmlTypeTraits traits) => Table.TryGetValue(type, out traits);

    /// <exception cref="KeyNotFoundException">ggml has no such type.</exception>
    public static GgmlTypeTraits Of(GgmlType type) => Table[type];

    /// <summary>Bytes of a row of so many elements, which must be a whole number of blocks.</summary>
    public long RowBytes(long elements) => checked(elements / BlockElements * BlockBytes);
}
