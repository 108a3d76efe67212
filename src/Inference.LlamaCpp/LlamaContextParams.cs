using System.Runtime.InteropServices;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.LlamaCpp;

/// <summary>llama_context_params of llama.cpp v0.5.0, passed by value.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LlamaContextParams
{
    public uint ContextTokens;
    public uint BatchTokens;
    public uint MicroBatchTokens;
    public uint MaxSequences;
    public uint RecurrentSnapshots;
    public uint MaxOutputs;
    public uint MaxOutputsPerSequence;
    public int Threads;
    public int ThreadsBatch;
    public int ContextType;
    public int RopeScalingType;
    public int PoolingType;
    public int AttentionType;
    public int FlashAttentionType;
    public float RopeFrequencyBase;
    public float RopeFrequencyScale;
    public float YarnExtFactor;
    public float YarnAttnFactor;
    public float YarnBetaFast;
    public float YarnBetaSlow;
    public uint YarnOriginalContext;
    public float DefragThreshold;
    public delegate* unmanaged[Cdecl]<GgmlTensor*, byte, void*, byte> EvalCallback;
    public void* EvalState;
    public int TypeK;
    public int TypeV;
    public void* AbortCallback;
    public void* AbortState;
    public byte Embeddings;
    public byte OffloadKqv;
    public byte NoPerf;
    public byte OpOffload;
    public byte FullSlidingWindowCache;
    public byte UnifiedKv;
    public void* Samplers;
    public nuint SamplerCount;
    public void* OtherContext;
}
