namespace E2LLM.Scheduling.Batching;

/// <summary>How many prompt rows go into the next step of a pipeline while answers are being written.</summary>
/// <remarks>
/// <list type="number">
/// <item>Stages wait for each other: behind a step with many rows, the next stage has nothing to do, and before it, the one behind. So
/// what waits to be read is spread over the next steps instead of filling one of them, and the steps in flight stay alike.</item>
/// <item>Rows cost least in whole tiles. Of llama.cpp's CPU kernels, that for repacked Q4_0 takes 16 rows at a time, and a step of 8
/// rows costs two thirds of one of 16 (measured: 244 and 358 ms of one core for a 1B model): the decode rows of a micro-batch leave
/// room in a tile that prompt rows fill almost for nothing.</item>
/// </list>
/// </remarks>
internal static class PromptSpread
{
    private const int TileRows = 16;

    /// <summary>Below this a step costs hardly less: it reads the same weights.</summary>
    private const int MinStepRows = 2 * TileRows;

    private const int Steps = 4;

    /// <param name="decodeRows">Rows that the step has already.</param>
    /// <param name="waitingTokens">Prompt tokens that could be read now.</param>
    /// <param name="maxRows">Prompt rows that the step may have.</param>
    public static int Rows(int decodeRows, long waitingTokens, int maxRows)
    {
        var wanted = decodeRows + (waitingTokens + Steps - 1) / Steps;
        var whole = (decodeRows + maxRows) / TileRows * TileRows;
        var rows = (int)Math.Min(whole, Math.Max(MinStepRows, (wanted + TileRows - 1) / TileRows * TileRows)) - decodeRows;
        return rows > 0 ? Math.Min(rows, maxRows) : maxRows;
    }
}
