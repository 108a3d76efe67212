using E2LLM.Core.Buffers;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Inference.Native;

namespace E2LLM.Inference.Engines;

/// <summary>
/// A slice file with its KV cache: embeddings in, hidden states or logits out. Every call must come from one thread at a time, and
/// every argument must have been checked: llama.cpp aborts the process on some of the wrong ones.
/// </summary>
internal sealed unsafe partial class LlamaSlice : IDisposable
{
    private readonly LlamaModelHandle _model;
    private readonly GgmlThreadpoolHandle _threads;
    private readonly LlamaContextHandle _context;
    private readonly DecodeBatch _batch;
    private readonly HiddenTap? _tap;
    private readonly nint _memory;

    /// <param name="path">The slice file.</param>
    /// <param name="isLast">Whether it has the head; else its last block is tapped.</param>
    /// <param name="settings">In range.</param>
    /// <param name="threads">Compute threads.</param>
    /// <param name="gpuLayers">See <see cref="LlamaLibraryOptions.GpuLayers"/>.</param>
    /// <exception cref="EngineException">llama.cpp refused the file, or memory is short.</exception>
    public LlamaSlice(string path, bool isLast, EngineSettings settings, int threads, int gpuLayers)
    {
        try
        {
            _model = LoadModel(path, settings, gpuLayers);
            Width = NativeMethods.llama_model_n_embd(_model);
            WeightBytes = (long)NativeMethods.llama_model_size(_model);
            VocabularySize = NativeMethods.llama_vocab_n_tokens(NativeMethods.llama_model_get_vocab(_model));
            if (!isLast)
                _tap = new HiddenTap(NativeMethods.llama_model_n_layer(_model) - 1, Width);
            _threads = GgmlThreadpoolHandle.Create(threads);
            _context = LlamaContextHandle.Create(_model, ContextParams(settings, threads, isLast), _threads);
            _memory = NativeMethods.llama_get_memory(_context);
            _batch = new DecodeBatch(settings.MaxStepTokens);
            ExportSequence = settings.MaxSequences;
            MaxRows = (int)Math.Min((uint)settings.MaxStepTokens, NativeMethods.llama_n_batch(_context));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>n_embd.</summary>
    public int Width { get; }

    public long WeightBytes { get; }

    /// <summary>Logits of a row; 1 without a head.</summary>
    public int VocabularySize { get; }

    /// <summary>Rows that one decode takes: more make llama.cpp abort.</summary>
    public int MaxRows { get; }

    /// <summary>
    /// A sequence beyond the slots: kept prefixes hold every slot open, and an export needs a sequence of its own. Empty but while one
    /// is under way.
    /// </summary>
    public int ExportSequence { get; }

    /// <param name="rows">1 to <see cref="MaxRows"/>.</param>
    /// <param name="embeddings">[rows, width].</param>
    /// <param name="hidden">Gets the output of the last block, [rows, width]; null on the last slice.</param>
    /// <returns>llama_decode's result: 0, or what went wrong. The KV cache may then hold a part of the rows.</returns>
    /// <exception cref="EngineException">The slice gave other rows than it got.</exception>
    public int Decode(ReadOnlySpan<StepRow> rows, ReadOnlySpan<float> embeddings, TensorBuffer? hidden)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows.Length, MaxRows);
        ArgumentOutOfRangeException.ThrowIfZero(rows.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(embeddings.Length, rows.Length * Width);
        fixed (float* input = embeddings)
        fixed (float* output = hidden is null ? default : hidden.Values)
        {
            _tap?.Begin(output, rows.Length);
            var result = NativeMethods.llama_decode(_context, _batch.Fill(rows, input, everyRowIsOutput: _tap is not null));
            if (result == 0 && _tap is not null && _tap.Rows != rows.Length)
                throw new EngineException($"the last block gave {_tap.Rows} rows of hidden states for {rows.Length}");
            return result;
        }
    }

    /// <summary>Logits of a row of the latest decode; valid until the next one.</summary>
    /// <exception cref="EngineException">The row was not an output.</exception>
    public ReadOnlySpan<float> Logits(int row)
    {
        var logits = NativeMethods.llama_get_logits_ith(_context, row);
        return logits is null
            ? throw new EngineException($"there are no logits for row {row}")
            : new ReadOnlySpan<float>(logits, VocabularySize);
    }

    /// <summary>Frees the KV cells of a sequence from a position on.</summary>
    public void Forget(int sequence, int fromPosition) => NativeMethods.llama_memory_seq_rm(_memory, sequence, fromPosition, -1);

    public void Dispose()
    {
        _batch?.Dispose();
        _context?.Dispose();
        _threads?.Dispose();
        _model?.Dispose();
        _tap?.Dispose();
    }

    private static LlamaModelHandle LoadModel(string path, EngineSettings settings, int gpuLayers)
    {
        var parameters = NativeMethods.llama_model_default_params();
        parameters.GpuLayers = gpuLayers;
        parameters.UseExtraBufferTypes = settings.Repack ? (byte)1 : (byte)0;
        return LlamaModelHandle.Load(path, parameters);
    }

    private LlamaContextParams ContextParams(EngineSettings settings, int threads, bool isLast)
    {
        var parameters = NativeMethods.llama_context_default_params();
        parameters.ContextTokens = (uint)settings.KvCells;
        parameters.BatchTokens = (uint)settings.MaxStepTokens;
        // One micro-batch a step: its size selects kernels, and with them bits.
        parameters.MicroBatchTokens = (uint)settings.MaxStepTokens;
        // The slots' and the export's. In a unified cache a sequence takes no cells, and kernels are chosen by the rows of a step.
        var sequences = settings.MaxSequences + 1;
        parameters.MaxSequences = (uint)sequences;
        // llama.cpp reserves [outputs, vocabulary] logits. It aborts below its number of sequences.
        parameters.MaxOutputs = (uint)(isLast ? sequences : Math.Max(sequences, settings.MaxStepTokens));
        parameters.MaxOutputsPerSequence = parameters.MaxOutputs;
        parameters.Threads = threads;
        parameters.ThreadsBatch = threads;
        parameters.FlashAttentionType = settings.FlashAttention ? 1 : 0;
        parameters.TypeK = (int)settings.KvType;
        parameters.TypeV = (int)settings.KvType;
        parameters.NoPerf = 1;
        // Streams would hand the tapped rows over in another order than the batch's.
        parameters.UnifiedKv = 1;
        // A cache cut to the sliding window could not be rolled back.
        parameters.FullSlidingWindowCache = 1;
        if (_tap is not null)
        {
            parameters.EvalCallback = HiddenTap.Callback;
            parameters.EvalState = _tap.NativeState;
        }
        return parameters;
    }
}
