using System.Runtime.InteropServices;

namespace E2LLM.Inference.Runtimes;

/// <summary>llama_token_data: a candidate of a draw.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LlamaTokenData
{
    public int Id;
    public float Logit;
    public float Probability;
}
