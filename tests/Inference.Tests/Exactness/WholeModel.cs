using E2LLM.Core.Plans;
using E2LLM.Inference.Native;

namespace E2LLM.Inference.Tests.Exactness;

/// <summary>llama.cpp on an unsliced model, called bare with token ids: what every slicing is held against.</summary>
internal sealed unsafe class WholeModel : IDisposable
{
    private readonly LlamaModelHandle _model;
    private readonly GgmlThreadpoolHandle _threads;
    private readonly LlamaContextHandle _context;

    public WholeModel(string path, EngineSettings settings)
    {
        LlamaLibrary.Load(new LlamaLibraryOptions());
        var modelParameters = NativeMethods.llama_model_default_params();
        modelParameters.GpuLayers = 0;
        modelParameters.UseExtraBufferTypes = settings.Repack ? (byte)1 : (byte)0;
        _model = LlamaModelHandle.Load(path, modelParameters);
        VocabularySize = NativeMethods.llama_vocab_n_tokens(NativeMethods.llama_model_get_vocab(_model));
        _threads = GgmlThreadpoolHandle.Create(1);
        var parameters = NativeMethods.llama_context_default_params();
        parameters.ContextTokens = (uint)settings.KvCells;
        parameters.BatchTokens = parameters.MicroBatchTokens = (uint)settings.MaxStepTokens;
        parameters.MaxSequences = (uint)settings.MaxSequences;
        parameters.MaxOutputs = (uint)Math.Max(settings.MaxStepTokens, settings.MaxSequences);
        parameters.MaxOutputsPerSequence = parameters.MaxOutputs;
        parameters.Threads = parameters.ThreadsBatch = 1;
        parameters.FlashAttentionType = settings.FlashAttention ? 1 : 0;
        parameters.TypeK = parameters.TypeV = (int)settings.KvType;
        parameters.UnifiedKv = 1;
        parameters.FullSlidingWindowCache = 1;
        _context = LlamaContextHandle.Create(_model, parameters, _threads);
    }

    public int VocabularySize { get; }

    /// <summary>One llama_decode; the logits of the output rows, in row order.</summary>
    public List<float[]> Decode(params ReadOnlySpan<(int Token, int Position, int Sequence, bool IsOutput)> rows)
    {
        int* tokens = stackalloc int[rows.Length], positions = stackalloc int[rows.Length], counts = stackalloc int[rows.Length];
        int* sequences = stackalloc int[rows.Length];
        int** ids = stackalloc int*[rows.Length];
        sbyte* outputs = stackalloc sbyte[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            (tokens[i], positions[i], sequences[i]) = (rows[i].Token, rows[i].Position, rows[i].Sequence);
            counts[i] = 1;
            ids[i] = sequences + i;
            outputs[i] = rows[i].IsOutput ? (sbyte)1 : (sbyte)0;
        }
        var batch = new LlamaBatch
        {
            TokenCount = rows.Length, Token = tokens, Position = positions, SequenceCount = counts, SequenceIds = ids, IsOutput = outputs,
        };
        Assert.Equal(0, NativeMethods.llama_decode(_context, batch));
        var logits = new List<float[]>();
        for (var i = 0; i < rows.Length; i++)
            if (rows[i].IsOutput)
                logits.Add(new ReadOnlySpan<float>(NativeMethods.llama_get_logits_ith(_context, i), VocabularySize).ToArray());
        return logits;
    }

    public void Dispose()
    {
        _context.Dispose();
        _threads.Dispose();
        _model.Dispose();
    }
}
