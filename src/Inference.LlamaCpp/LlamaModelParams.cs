using System.Runtime.InteropServices;

namespace E2LLM.Inference.LlamaCpp;

/// <summary>llama_model_params of llama.cpp v0.5.0, passed by value. C's bool is one byte.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LlamaModelParams
{
    /// <summary>LLAMA_SPLIT_MODE_NONE: <see cref="MainGpu"/> alone, none at all where that is -1.</summary>
    public const int NoSplit = 0;

    public void* Devices;
    public void* TensorBufferOverrides;
    public int GpuLayers;
    public int SplitMode;
    public int LoadMode;
    public int LazyMode;
    public int MainGpu;
    public float* TensorSplit;
    public void* ProgressCallback;
    public void* ProgressState;
    public void* KvOverrides;
    public byte VocabOnly;
    public byte CheckTensors;
    public byte UseExtraBufferTypes;
    public byte NoHost;
    public byte NoAlloc;
    public byte LoadMtp;
}
