using E2LLM.Core.Plans;
using E2LLM.Inference.Kv;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.Engines;

/// <summary>What a <see cref="LlamaStageEngine"/> is put together from; the two loaders run on its worker thread.</summary>
internal sealed record LlamaStageEngineParts
{
    /// <summary>How its errors call it.</summary>
    public required string Name { get; init; }

    public required int FirstLayer { get; init; }

    public required int LayerCount { get; init; }

    public required bool IsLast { get; init; }

    /// <summary>Tokens of the model's vocabulary.</summary>
    public required int VocabularySize { get; init; }

    public required EngineSettings Settings { get; init; }

    public required KvLayout KvLayout { get; init; }

    public required ILlamaRuntime Runtime { get; init; }

    public required TimeProvider Time { get; init; }

    public required Func<LlamaSlice> LoadSlice { get; init; }

    /// <summary>Null on every stage but the first.</summary>
    public Func<TokenEmbeddings>? OpenEmbeddings { get; init; }
}
