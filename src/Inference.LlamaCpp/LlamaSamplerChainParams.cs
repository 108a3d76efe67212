using System.Runtime.InteropServices;

namespace E2LLM.Inference.LlamaCpp;

/// <summary>llama_sampler_chain_params, passed by value.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LlamaSamplerChainParams
{
    public byte NoPerf;
}
