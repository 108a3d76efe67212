using E2LLM.Core.Plans;
using E2LLM.Inference.Runtimes;
using E2LLM.Inference.Tests.Fixtures;

namespace E2LLM.Inference.Tests.Exactness;

/// <summary>llama.cpp on an unsliced model, called bare with token ids: what every slicing is held against.</summary>
internal sealed unsafe class WholeModel : IDisposable
{
    private readonly ILlamaModel _model;
    private readonly ILlamaContext _context;

    public WholeModel(string path, EngineSettings settings)
    {
        _model = TestRuntime.Instance.LoadModel(path, new ModelLoading(IsVocabularyOnly: false, Target: default, settings.Repack));
        VocabularySize = _model.Vocabulary.Size;
        _context = _model.CreateContext(new ContextSettings
        {
            KvCells = settings.KvCells,
            MaxStepTokens = settings.MaxStepTokens,
            MaxSequences = settings.MaxSequences,
            MaxOutputs = Math.Max(settings.MaxStepTokens, settings.MaxSequences),
            Threads = 1,
            FlashAttention = settings.FlashAttention,
            KvType = (int)settings.KvType,
        });
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
        Assert.Equal(0, _context.Decode(batch));
        var logits = new List<float[]>();
        for (var i = 0; i < rows.Length; i++)
            if (rows[i].IsOutput)
                logits.Add(_context.Logits(i).ToArray());
        return logits;
    }

    public void Dispose()
    {
        _context.Dispose();
        _model.Dispose();
    }
}
