using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.LlamaCpp;

internal sealed class LlamaCppModel(LlamaModelHandle model) : ILlamaModel
{
    public int Width => NativeMethods.llama_model_n_embd(model);

    public int LayerCount => NativeMethods.llama_model_n_layer(model);

    public long SizeBytes => (long)NativeMethods.llama_model_size(model);

    public ILlamaVocabulary Vocabulary { get; } = new LlamaCppVocabulary(model);

    public ILlamaContext CreateContext(ContextSettings settings) => new LlamaCppContext(model, settings);

    public void Dispose() => model.Dispose();
}
