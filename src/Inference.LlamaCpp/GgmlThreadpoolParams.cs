using System.Runtime.InteropServices;

namespace E2LLM.Inference.LlamaCpp;

/// <summary>ggml_threadpool_params; filled in by ggml_threadpool_params_init.</summary>
[StructLayout(LayoutKind.Explicit, Size = 528)]
internal struct GgmlThreadpoolParams
{
    [FieldOffset(512)] public int Threads;
    [FieldOffset(516)] public int Priority;
    [FieldOffset(520)] public uint Poll;
    [FieldOffset(524)] public byte StrictCpu;
    [FieldOffset(525)] public byte Paused;
}
