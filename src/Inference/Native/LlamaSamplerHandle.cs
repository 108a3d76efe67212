using System.Runtime.InteropServices;

namespace E2LLM.Inference.Native;

/// <summary>A chain of samplers, or a single one.</summary>
internal sealed class LlamaSamplerHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    public static LlamaSamplerHandle CreateChain() =>
        Own(NativeMethods.llama_sampler_chain_init(new LlamaSamplerChainParams { NoPerf = 1 }));

    /// <summary>Takes over what a llama_sampler_init_… function returned.</summary>
    public static LlamaSamplerHandle Own(nint sampler)
    {
        var owned = new LlamaSamplerHandle();
        owned.SetHandle(sampler);
        return owned;
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.llama_sampler_free(handle);
        return true;
    }
}
