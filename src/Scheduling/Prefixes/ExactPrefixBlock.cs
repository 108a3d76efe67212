namespace E2LLM.Scheduling.Prefixes;

/// <summary>The smallest blocks in which prefixes can be shared so that no bit of what is read after them changes.</summary>
/// <remarks>
/// 1. The chunks after a prefix must be those of the prompt that is read whole, for the number of a batch's rows selects kernels: whole
/// steps are shared. 2. From 64 rows on, llama.cpp's flash attention on a CPU reads the cache in tiles of 64 cells: a kept prefix must
/// leave the cells after it on the border of a tile. Measured: docs/serving.md.
/// </remarks>
public static class ExactPrefixBlock
{
    /// <summary>Rows from which llama.cpp's flash attention on a CPU works in tiles, and cells of a tile.</summary>
    public const int TileTokens = 64;

    /// <param name="maxStepTokens">The chunk of a prompt that is read alone.</param>
    public static int Tokens(int maxStepTokens) =>
        maxStepTokens < TileTokens ? maxStepTokens : maxStepTokens / GreatestCommonDivisor(maxStepTokens, TileTokens) * TileTokens;

    private static int GreatestCommonDivisor(int a, int b) => b == 0 ? a : GreatestCommonDivisor(b, a % b);
}
