using E2LLM.Core.Models;
using E2LLM.Core.Plans;

namespace E2LLM.Planning.Costs;

/// <summary>What an engine allocates besides weights and KV cache; an estimate on the safe side.</summary>
/// <remarks>
/// llama.cpp reserves its graph for a full step: activations of every row (the widest tensors are the feed-forward's, about four
/// times n_embd, and two of them live at once), the attention mask, and logits for all rows of a step on the last slice.
/// </remarks>
public static class ScratchEstimate
{
    private const int LiveActivationsPerRow = 8;

    /// <summary>Bytes on every stage.</summary>
    public static long EachStageBytes(ModelSpec model, EngineSettings engine)
    {
        var activations = (long)LiveActivationsPerRow * engine.MaxStepTokens * model.HiddenBytesPerToken;
        var maskElementBytes = engine.FlashAttention ? 2 : 4;
        return activations + (long)engine.KvCells * engine.MaxStepTokens * maskElementBytes;
    }

    /// <summary>Bytes on the last stage besides: logits.</summary>
    public static long LastStageBytes(ModelSpec model, EngineSettings engine) =>
        4L * model.VocabularySize * engine.MaxStepTokens;
}
