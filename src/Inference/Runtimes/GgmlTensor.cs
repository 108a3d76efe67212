using System.Runtime.InteropServices;

namespace E2LLM.Inference.Runtimes;

/// <summary>The fields of ggml_tensor that the hidden-state tap reads.</summary>
[StructLayout(LayoutKind.Explicit, Size = 336)]
internal unsafe struct GgmlTensor
{
    public const int NameBytes = 64;

    [FieldOffset(0)] public int Type;
    [FieldOffset(16)] public fixed long Extent[4];
    [FieldOffset(256)] public fixed byte Name[NameBytes];
}
