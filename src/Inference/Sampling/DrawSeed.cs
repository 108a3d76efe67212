namespace E2LLM.Inference.Sampling;

/// <summary>The seed of one draw, from the request's seed and the position alone.</summary>
internal static class DrawSeed
{
    private const uint MeansRandomToLlama = 0xFFFFFFFF;

    /// <summary>SplitMix64's finaliser (Steele, Lea and Flood, OOPSLA 2014): neighbouring positions get unrelated seeds.</summary>
    public static uint At(uint requestSeed, int position)
    {
        var bits = ((ulong)requestSeed << 32 | (uint)position) + 0x9E3779B97F4A7C15;
        bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ bits >> 27) * 0x94D049BB133111EB;
        bits ^= bits >> 31;
        var seed = (uint)(bits >> 32);
        return seed == MeansRandomToLlama ? seed - 1 : seed;
    }
}
