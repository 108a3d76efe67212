using System.Runtime.InteropServices;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.LlamaCpp;

internal static unsafe partial class NativeMethods
{
    [LibraryImport(Llama)]
    internal static partial nint llama_sampler_chain_init(LlamaSamplerChainParams parameters);

    /// <summary>The chain owns the sampler from here on.</summary>
    [LibraryImport(Llama)]
    internal static partial void llama_sampler_chain_add(LlamaSamplerHandle chain, nint sampler);

    [LibraryImport(Llama)]
    internal static partial void llama_sampler_apply(LlamaSamplerHandle sampler, LlamaTokenDataArray* candidates);

    [LibraryImport(Llama)]
    internal static partial void llama_sampler_accept(LlamaSamplerHandle sampler, int token);

    [LibraryImport(Llama)]
    internal static partial void llama_sampler_reset(LlamaSamplerHandle sampler);

    [LibraryImport(Llama)]
    internal static partial void llama_sampler_free(nint sampler);

    [LibraryImport(Llama)]
    internal static partial nint llama_sampler_init_greedy();

    /// <summary>Seed 0xFFFFFFFF means "a random seed" to llama.cpp.</summary>
    [LibraryImport(Llama)]
    internal static partial nint llama_sampler_init_dist(uint seed);

    [LibraryImport(Llama)]
    internal static partial nint llama_sampler_init_top_k(int k);

    [LibraryImport(Llama)]
    internal static partial nint llama_sampler_init_top_p(float p, nuint keepAtLeast);

    [LibraryImport(Llama)]
    internal static partial nint llama_sampler_init_min_p(float p, nuint keepAtLeast);

    [LibraryImport(Llama)]
    internal static partial nint llama_sampler_init_temp(float temperature);

    /// <summary>v0.5.0 takes the vocabulary size first; the releases before it did not.</summary>
    [LibraryImport(Llama)]
    internal static partial nint llama_sampler_init_penalties(
        int vocabularySize, int lastTokens, float repeat, float frequency, float presence);
}
