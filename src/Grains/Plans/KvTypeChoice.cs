using E2LLM.Core.Plans;

namespace E2LLM.Grains.Plans;

/// <summary>Elements of the KV caches: one type for all replicas, or what the plan chooses for each.</summary>
public enum KvTypeChoice
{
    F32 = KvCacheType.F32,
    F16 = KvCacheType.F16,
    Q8_0 = KvCacheType.Q8_0,

    /// <summary>F16, and Q8_0 on MIXED replicas whose memory holds more requests with it.</summary>
    Auto = 1000,
}
