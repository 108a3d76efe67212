namespace E2LLM.Inference.Synthetic;

/// <summary>64 bits in a hidden state: four values of 16 bits each, which F32 holds exactly. The rest of the row is zero.</summary>
internal static class HiddenCode
{
    public const int Values = 4;

    public static void Write(ulong bits, Span<float> row)
    {
        row.Clear();
        for (var index = 0; index < Values; index++)
            row[index] = (ushort)(bits >> 16 * index);
    }

    public static ulong Read(ReadOnlySpan<float> row)
    {
        var bits = 0UL;
        for (var index = 0; index < Values; index++)
            bits |= (ulong)(ushort)row[index] << 16 * index;
        return bits;
    }
}
