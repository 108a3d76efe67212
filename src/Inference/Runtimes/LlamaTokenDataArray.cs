using System.Runtime.InteropServices;

namespace E2LLM.Inference.Runtimes;

/// <summary>llama_token_data_array: candidates that samplers narrow down; the last one sets <see cref="Selected"/>, an index.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LlamaTokenDataArray
{
    public LlamaTokenData* Data;
    public nuint Size;
    public long Selected;
    public byte IsSorted;
}
