namespace E2LLM.Inference.Runtimes;

/// <summary>
/// What a context is made with. The cache is always unified, so that tapped rows come in the order of the batch, and always whole: one
/// that is cut to a sliding window could not be rolled back.
/// </summary>
internal readonly record struct ContextSettings
{
    public required int KvCells { get; init; }

    /// <summary>n_batch and n_ubatch: one micro-batch a step, as its size selects kernels, and with them bits.</summary>
    public required int MaxStepTokens { get; init; }

    public required int MaxSequences { get; init; }

    /// <summary>Rows with logits; llama.cpp reserves [outputs, vocabulary] and aborts below its number of sequences.</summary>
    public required int MaxOutputs { get; init; }

    /// <summary>Compute threads, the calling one included.</summary>
    public required int Threads { get; init; }

    public required bool FlashAttention { get; init; }

    /// <summary>ggml_type of K and V.</summary>
    public required int KvType { get; init; }

    /// <summary>cb_eval, a function (ggml_tensor*, bool ask, void* state) that returns a bool; 0 for none.</summary>
    public nint EvalCallback { get; init; }

    public nint EvalState { get; init; }
}
