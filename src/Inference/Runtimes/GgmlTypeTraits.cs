using System.Runtime.InteropServices;

namespace E2LLM.Inference.Runtimes;

/// <summary>The fields of ggml_type_traits that the token look-up reads.</summary>
[StructLayout(LayoutKind.Explicit, Size = 56)]
internal unsafe struct GgmlTypeTraits
{
    [FieldOffset(8)] public long BlockSize;
    [FieldOffset(24)] public nuint TypeBytes;
    [FieldOffset(40)] public delegate* unmanaged[Cdecl]<void*, float*, long, void> ToFloat;
}
