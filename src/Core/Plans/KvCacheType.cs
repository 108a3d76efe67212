namespace E2LLM.Core.Plans;

/// <summary>Element type of the KV cache. The values are ggml's type numbers.</summary>
public enum KvCacheType
{
    F32 = 0,
    F16 = 1,
    Q8_0 = 8,
}
