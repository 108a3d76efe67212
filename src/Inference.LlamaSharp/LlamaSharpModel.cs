using E2LLM.Inference.Runtimes;
using LLama.Native;

namespace E2LLM.Inference.LlamaSharp;

internal sealed class LlamaSharpModel(SafeLlamaModelHandle model) : ILlamaModel
{
    public int Width => model.EmbeddingSize;

    public int LayerCount => model.LayerCount;

    public long SizeBytes => (long)model.SizeInBytes;

    public ILlamaVocabulary Vocabulary { get; } = new LlamaSharpVocabulary(model);

    public ILlamaContext CreateContext(ContextSettings settings) => new LlamaSharpContext(model, settings);

    public void Dispose() => model.Dispose();
}
