using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.LlamaCpp;

internal sealed unsafe class LlamaCppSampler : ILlamaSampler
{
    private readonly LlamaSamplerHandle _chain = LlamaSamplerHandle.CreateChain();

    public void AddPenalties(int vocabularySize, int lastTokens, float repeat, float frequency, float presence) =>
        Add(NativeMethods.llama_sampler_init_penalties(vocabularySize, lastTokens, repeat, frequency, presence));

    public void AddGreedy() => Add(NativeMethods.llama_sampler_init_greedy());

    public void AddTopK(int k) => Add(NativeMethods.llama_sampler_init_top_k(k));

    public void AddTopP(float p) => Add(NativeMethods.llama_sampler_init_top_p(p, 1));

    public void AddMinP(float p) => Add(NativeMethods.llama_sampler_init_min_p(p, 1));

    public void AddTemperature(float temperature) => Add(NativeMethods.llama_sampler_init_temp(temperature));

    public void AddDraw(uint seed) => Add(NativeMethods.llama_sampler_init_dist(seed));

    public void Apply(LlamaTokenDataArray* candidates) => NativeMethods.llama_sampler_apply(_chain, candidates);

    public void Accept(int token) => NativeMethods.llama_sampler_accept(_chain, token);

    public void Reset() => NativeMethods.llama_sampler_reset(_chain);

    public void Dispose() => _chain.Dispose();

    private void Add(nint sampler) => NativeMethods.llama_sampler_chain_add(_chain, sampler);
}
