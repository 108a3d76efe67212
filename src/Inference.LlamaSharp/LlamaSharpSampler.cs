using System.Runtime.CompilerServices;
using E2LLM.Inference.Runtimes;
using LLama.Native;

namespace E2LLM.Inference.LlamaSharp;

internal sealed unsafe class LlamaSharpSampler : ILlamaSampler
{
    private readonly SafeLLamaSamplerChainHandle _chain = Create();

    public void AddPenalties(int vocabularySize, int lastTokens, float repeat, float frequency, float presence) =>
        _chain.AddPenalties(lastTokens, repeat, frequency, presence);

    public void AddGreedy() => _chain.AddGreedySampler();

    public void AddTopK(int k) => _chain.AddTopK(k);

    public void AddTopP(float p) => _chain.AddTopP(p, 1);

    public void AddMinP(float p) => _chain.AddMinP(p, 1);

    public void AddTemperature(float temperature) => _chain.AddTemperature(temperature);

    public void AddDraw(uint seed) => _chain.AddDistributionSampler(seed);

    // The same struct of llama.cpp's; the loader compares the sizes.
    public void Apply(LlamaTokenDataArray* candidates) => _chain.Apply(ref Unsafe.AsRef<LLamaTokenDataArrayNative>(candidates));

    public void Accept(int token) => _chain.Accept(token);

    public void Reset() => _chain.Reset();

    public void Dispose() => _chain.Dispose();

    private static SafeLLamaSamplerChainHandle Create()
    {
        var parameters = LLamaSamplerChainParams.Default();
        parameters.NoPerf = true;
        return SafeLLamaSamplerChainHandle.Create(parameters);
    }
}
