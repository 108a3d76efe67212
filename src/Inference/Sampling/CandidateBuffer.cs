using System.Runtime.InteropServices;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.Sampling;

/// <summary>Room for every token of the vocabulary as a candidate of a draw; one for all sequences of an engine.</summary>
internal sealed unsafe class CandidateBuffer(int vocabularySize) : IDisposable
{
    private LlamaTokenData* _candidates = (LlamaTokenData*)NativeMemory.Alloc((nuint)vocabularySize, (nuint)sizeof(LlamaTokenData));

    /// <summary>All tokens with their logits; samplers reorder them in place, so it is filled anew for every draw.</summary>
    public LlamaTokenDataArray Fill(ReadOnlySpan<float> logits)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(logits.Length, vocabularySize);
        ObjectDisposedException.ThrowIf(_candidates is null, this);
        for (var token = 0; token < logits.Length; token++)
            _candidates[token] = new LlamaTokenData { Id = token, Logit = logits[token] };
        return new LlamaTokenDataArray { Data = _candidates, Size = (nuint)vocabularySize, Selected = -1 };
    }

    public void Dispose()
    {
        NativeMemory.Free(_candidates);
        _candidates = null;
    }
}
