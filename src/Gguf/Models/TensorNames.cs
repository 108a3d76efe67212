namespace E2LLM.Gguf.Models;

/// <summary>Tensors outside the layers that slicing treats one by one.</summary>
internal static class TensorNames
{
    public const string TokenEmbedding = "token_embd.weight";
    public const string OutputNorm = "output_norm.weight";
    public const string Output = "output.weight";
    public const string OutputBias = "output.bias";

    /// <summary>Whether only the end of the model needs it. What is neither this, nor the embedding, nor a layer's, every slice needs.</summary>
    public static bool IsHead(string name) => name is OutputNorm or Output or OutputBias;
}
