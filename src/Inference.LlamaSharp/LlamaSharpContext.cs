using E2LLM.Core.Errors;
using E2LLM.Inference.Runtimes;
using LLama.Exceptions;
using LLama.Native;

namespace E2LLM.Inference.LlamaSharp;

internal sealed unsafe class LlamaSharpContext : ILlamaContext
{
    private readonly SafeLLamaContextHandle _context;

    /// <exception cref="EngineException">llama.cpp refused, most often because memory is short; carries what it logged.</exception>
    public LlamaSharpContext(SafeLlamaModelHandle model, ContextSettings settings)
    {
        using var errors = NativeLog.CaptureErrors();
        _context = SafeLLamaContextHandle.Create(model, Parameters(settings));
        // LLamaSharp compares with null, which a handle never is, and any use of this one would end the process.
        if (!_context.IsInvalid)
            return;
        _context.Dispose();
        throw new EngineException(
            $"llama.cpp could not make a context of {settings.KvCells} KV cells and {settings.MaxStepTokens} rows a step (is memory short?): {errors}");
    }

    public int MaxRows => (int)Math.Min(int.MaxValue, _context.BatchSize);

    public int Decode(LlamaBatch batch) => NativeMethods.llama_decode(_context, batch);

    public ReadOnlySpan<float> Logits(int row)
    {
        try
        {
            return _context.GetLogitsIth(row);
        }
        catch (GetLogitsInvalidIndexException)
        {
            return [];
        }
    }

    public void Remove(int sequence, int fromPosition) => _context.MemorySequenceRemove((LLamaSeqId)sequence, fromPosition, -1);

    public void Share(int source, int sequence, int fromPosition, int toPosition) =>
        _context.MemorySequenceCopy((LLamaSeqId)source, (LLamaSeqId)sequence, fromPosition, toPosition);

    public ulong StateBytes(int sequence) => _context.GetStateSize((LLamaSeqId)sequence);

    public ulong ReadState(int sequence, Span<byte> destination)
    {
        fixed (byte* bytes = destination)
            return _context.GetState(bytes, (nuint)destination.Length, (LLamaSeqId)sequence);
    }

    public ulong WriteState(int sequence, ReadOnlySpan<byte> state)
    {
        fixed (byte* bytes = state)
            return _context.SetState(bytes, (nuint)state.Length, (LLamaSeqId)sequence);
    }

    public void Dispose() => _context.Dispose();

    private static LLamaContextParams Parameters(ContextSettings settings)
    {
        var parameters = LLamaContextParams.Default();
        parameters.n_ctx = (uint)settings.KvCells;
        parameters.n_batch = parameters.n_ubatch = (uint)settings.MaxStepTokens;
        parameters.n_seq_max = (uint)settings.MaxSequences;
        parameters.n_outputs_max = (uint)settings.MaxOutputs;
        parameters.n_threads = parameters.n_threads_batch = settings.Threads;
        parameters.llama_flash_attn_type = settings.FlashAttention
            ? LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_ENABLED : LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_DISABLED;
        parameters.type_k = parameters.type_v = (GGMLType)settings.KvType;
        parameters.no_perf = true;
        parameters.kv_unified = true;
        parameters.swa_full = true;
        parameters.cb_eval = settings.EvalCallback;
        parameters.cb_eval_user_data = settings.EvalState;
        return parameters;
    }
}
