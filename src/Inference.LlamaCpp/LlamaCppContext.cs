using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.LlamaCpp;

internal sealed unsafe class LlamaCppContext : ILlamaContext
{
    private readonly GgmlThreadpoolHandle _threads;
    private readonly LlamaContextHandle _context;
    private readonly nint _memory;
    private readonly int _vocabularySize;

    public LlamaCppContext(LlamaModelHandle model, ContextSettings settings)
    {
        _threads = GgmlThreadpoolHandle.Create(settings.Threads);
        try
        {
            _context = LlamaContextHandle.Create(model, Parameters(settings), _threads);
        }
        catch
        {
            _threads.Dispose();
            throw;
        }
        _memory = NativeMethods.llama_get_memory(_context);
        _vocabularySize = NativeMethods.llama_vocab_n_tokens(NativeMethods.llama_model_get_vocab(model));
    }

    public int MaxRows => (int)Math.Min(int.MaxValue, NativeMethods.llama_n_batch(_context));

    public int Decode(LlamaBatch batch) => NativeMethods.llama_decode(_context, batch);

    public ReadOnlySpan<float> Logits(int row)
    {
        var logits = NativeMethods.llama_get_logits_ith(_context, row);
        return logits is null ? [] : new ReadOnlySpan<float>(logits, _vocabularySize);
    }

    public void Remove(int sequence, int fromPosition) => NativeMethods.llama_memory_seq_rm(_memory, sequence, fromPosition, -1);

    public void Share(int source, int sequence, int fromPosition, int toPosition) =>
        NativeMethods.llama_memory_seq_cp(_memory, source, sequence, fromPosition, toPosition);

    public ulong StateBytes(int sequence) => NativeMethods.llama_state_seq_get_size(_context, sequence);

    public ulong ReadState(int sequence, Span<byte> destination)
    {
        fixed (byte* bytes = destination)
            return NativeMethods.llama_state_seq_get_data(_context, bytes, (nuint)destination.Length, sequence);
    }

    public ulong WriteState(int sequence, ReadOnlySpan<byte> state)
    {
        fixed (byte* bytes = state)
            return NativeMethods.llama_state_seq_set_data(_context, bytes, (nuint)state.Length, sequence);
    }

    public void Dispose()
    {
        _context.Dispose();
        _threads.Dispose();
    }

    private static LlamaContextParams Parameters(ContextSettings settings)
    {
        var parameters = NativeMethods.llama_context_default_params();
        parameters.ContextTokens = (uint)settings.KvCells;
        parameters.BatchTokens = parameters.MicroBatchTokens = (uint)settings.MaxStepTokens;
        parameters.MaxSequences = (uint)settings.MaxSequences;
        parameters.MaxOutputs = parameters.MaxOutputsPerSequence = (uint)settings.MaxOutputs;
        parameters.Threads = parameters.ThreadsBatch = settings.Threads;
        parameters.FlashAttentionType = settings.FlashAttention ? 1 : 0;
        parameters.TypeK = parameters.TypeV = settings.KvType;
        parameters.NoPerf = 1;
        parameters.UnifiedKv = 1;
        parameters.FullSlidingWindowCache = 1;
        parameters.EvalCallback = (delegate* unmanaged[Cdecl]<GgmlTensor*, byte, void*, byte>)settings.EvalCallback;
        parameters.EvalState = (void*)settings.EvalState;
        return parameters;
    }
}
