namespace E2LLM.Inference.Runtimes;

/// <summary>A chain of llama.cpp's samplers. A value that switches a filter off makes llama.cpp add one that does nothing.</summary>
internal unsafe interface ILlamaSampler : IDisposable
{
    void AddPenalties(int vocabularySize, int lastTokens, float repeat, float frequency, float presence);

    void AddGreedy();

    void AddTopK(int k);

    void AddTopP(float p);

    void AddMinP(float p);

    void AddTemperature(float temperature);

    /// <param name="seed">0xFFFFFFFF means "a random seed" to llama.cpp.</param>
    void AddDraw(uint seed);

    /// <summary>Filters and reorders candidates in place, and selects one where the chain has a sampler that does.</summary>
    void Apply(LlamaTokenDataArray* candidates);

    void Accept(int token);

    void Reset();
}
