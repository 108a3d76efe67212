using E2LLM.Core.Buffers;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.Engines;

/// <summary>
/// A slice file with its KV cache: embeddings in, hidden states or logits out. Every call must come from one thread at a time, and
/// every argument must have been checked: llama.cpp aborts the process on some of the wrong ones.
/// </summary>
internal sealed unsafe partial class LlamaSlice : IDisposable
{
    private readonly ILlamaModel _model;
    private readonly ILlamaContext _context;
    private readonly DecodeBatch _batch;
    private readonly HiddenTap? _tap;

    /// <param name="runtime">Loads it.</param>
    /// <param name="path">The slice file.</param>
    /// <param name="isLast">Whether it has the head; else its last block is tapped.</param>
    /// <param name="settings">In range.</param>
    /// <param name="threads">Compute threads.</param>
    /// <param name="target">Where its layers are computed.</param>
    /// <exception cref="EngineException">llama.cpp refused the file, or memory is short.</exception>
    public LlamaSlice(ILlamaRuntime runtime, string path, bool isLast, EngineSettings settings, int threads, ComputeTarget target)
    {
        try
        {
            _model = runtime.LoadModel(path, new ModelLoading(IsVocabularyOnly: false, target, settings.Repack));
            Width = _model.Width;
            WeightBytes = _model.SizeBytes;
            VocabularySize = _model.Vocabulary.Size;
            if (!isLast)
                _tap = new HiddenTap(_model.LayerCount - 1, Width, runtime.ReadTensor);
            _context = _model.CreateContext(ContextSettings(settings, threads, isLast));
            _batch = new DecodeBatch(settings.MaxStepTokens);
            ExportSequence = settings.MaxSequences;
            MaxRows = Math.Min(settings.MaxStepTokens, _context.MaxRows);
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
            var result = _context.Decode(_batch.Fill(rows, input, everyRowIsOutput: _tap is not null));
            if (result == 0 && _tap is not null && _tap.Rows != rows.Length)
                throw new EngineException($"the last block gave {_tap.Rows} rows of hidden states for {rows.Length}");
            return result;
        }
    }

    /// <summary>Logits of a row of the latest decode; valid until the next one.</summary>
    /// <exception cref="EngineException">The row was not an output.</exception>
    public ReadOnlySpan<float> Logits(int row)
    {
        var logits = _context.Logits(row);
        return logits.IsEmpty ? throw new EngineException($"there are no logits for row {row}") : logits;
    }

    /// <summary>Frees the KV cells of a sequence from a position on.</summary>
    public void Forget(int sequence, int fromPosition) => _context.Remove(sequence, fromPosition);

    public void Dispose()
    {
        _batch?.Dispose();
        _context?.Dispose();
        _model?.Dispose();
        _tap?.Dispose();
    }

    private ContextSettings ContextSettings(EngineSettings settings, int threads, bool isLast)
    {
        // The slots' and the export's. In a unified cache a sequence takes no cells, and kernels are chosen by the rows of a step.
        var sequences = settings.MaxSequences + 1;
        return new ContextSettings
        {
            KvCells = settings.KvCells,
            MaxStepTokens = settings.MaxStepTokens,
            MaxSequences = sequences,
            MaxOutputs = isLast ? sequences : Math.Max(sequences, settings.MaxStepTokens),
            Threads = threads,
            FlashAttention = settings.FlashAttention,
            KvType = (int)settings.KvType,
            EvalCallback = _tap is null ? 0 : (nint)HiddenTap.Callback,
            EvalState = _tap is null ? 0 : (nint)_tap.NativeState,
        };
    }
}
