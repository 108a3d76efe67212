using System.Runtime.CompilerServices;
using E2LLM.Core.Errors;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.LlamaCpp;

/// <summary>Compares the structs of the binding with what a C compiler makes of llama.cpp v0.5.0's headers.</summary>
internal static class StructLayouts
{
    /// <exception cref="ConfigurationException">Names every struct that is off.</exception>
    public static void Check()
    {
        var wrong = new List<string>();
        Expect<LlamaModelParams>(80);
        Expect<LlamaContextParams>(160);
        Expect<LlamaBatch>(56);
        Expect<LlamaTokenData>(12);
        Expect<LlamaTokenDataArray>(32);
        Expect<LlamaChatMessage>(16);
        Expect<LlamaSamplerChainParams>(1);
        Expect<GgmlTensor>(336);
        Expect<GgmlThreadpoolParams>(528);
        Expect<GgmlTypeTraits>(56);
        if (wrong.Count > 0)
            throw new ConfigurationException(
                $"The binding does not fit llama.cpp v{LlamaVersion.Expected} on this platform: {string.Join("; ", wrong)}.");

        void Expect<T>(int bytes)
        {
            if (Unsafe.SizeOf<T>() != bytes)
                wrong.Add($"{typeof(T).Name} has {Unsafe.SizeOf<T>()} bytes instead of {bytes}");
        }
    }

    /// <summary>
    /// Reads defaults back from the library: a field that was added or moved shows as a value that cannot be, before any of it is
    /// acted upon.
    /// </summary>
    /// <exception cref="ConfigurationException">The library's structs are laid out differently.</exception>
    public static void CheckDefaults(LlamaModelParams model, LlamaContextParams context)
    {
        const int f16 = 1;
        var plausible = model is { VocabOnly: 0, UseExtraBufferTypes: 1, NoAlloc: 0, MainGpu: 0 }
            && context is { BatchTokens: 2048, MicroBatchTokens: 512, MaxSequences: 1, RopeScalingType: -1, TypeK: f16, TypeV: f16 }
            && context is { Embeddings: 0, OffloadKqv: 1, UnifiedKv: 0, SamplerCount: 0 };
        if (!plausible)
            throw new ConfigurationException(
                $"The llama.cpp library lays its parameters out otherwise than v{LlamaVersion.Expected}, though it reports that version. " +
                "Use the packages of package-lock.json or an unmodified build of that version.");
    }
}
