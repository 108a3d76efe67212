using System.Runtime.InteropServices;

namespace E2LLM.Inference.LlamaCpp;

/// <summary>A chain of samplers.</summary>
internal sealed class LlamaSamplerHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    public static LlamaSamplerHandle CreateChain()
    {
        var chain = new LlamaSamplerHandle();
        chain.SetHandle(NativeMethods.llama_sampler_chain_init(new LlamaSamplerChainParams { NoPerf = 1 }));
        return chain;
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.llama_sampler_free(handle);
        return true;
    }
}
