using System.Runtime.InteropServices;

namespace E2LLM.Inference.Runtimes;

/// <summary>llama_batch of llama.cpp v0.5.0, passed by value. Has either <see cref="Token"/> or <see cref="Embeddings"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LlamaBatch
{
    public int TokenCount;
    public int* Token;
    public float* Embeddings;
    public int* Position;
    public int* SequenceCount;
    public int** SequenceIds;
    public sbyte* IsOutput;
}
