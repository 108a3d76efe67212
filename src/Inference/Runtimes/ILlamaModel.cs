namespace E2LLM.Inference.Runtimes;

/// <summary>A loaded model file.</summary>
internal interface ILlamaModel : IDisposable
{
    /// <summary>n_embd.</summary>
    int Width { get; }

    int LayerCount { get; }

    /// <summary>Bytes of the weights.</summary>
    long SizeBytes { get; }

    ILlamaVocabulary Vocabulary { get; }

    /// <exception cref="Core.Errors.EngineException">llama.cpp refused, most often because memory is short; carries what it logged.</exception>
    ILlamaContext CreateContext(ContextSettings settings);
}
