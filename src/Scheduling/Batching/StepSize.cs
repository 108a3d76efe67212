using E2LLM.Core.Fleets;
using E2LLM.Scheduling.Prefixes;

namespace E2LLM.Scheduling.Batching;

/// <summary>How many rows a step may have where nobody says: as few as the devices read without waste.</summary>
/// <remarks>
/// With small steps a short prompt waits for less of a long one, a pipeline is full sooner, and prefixes are shared in smaller blocks.
/// Not below a tile of llama.cpp's flash attention on a CPU, which goes row by row there. A device that needs larger steps, as a GPU
/// does, says so by its profile.
/// </remarks>
public static class StepSize
{
    public const int SmallestTokens = ExactPrefixBlock.TileTokens;

    /// <summary>What a larger step must save of a row's time. Less is within the noise of a profile.</summary>
    private const double WorthwhileSaving = 0.25;

    /// <summary>The size that the most demanding device needs.</summary>
    public static int MaxStepTokens(IEnumerable<DeviceProfile> profiles) => profiles.Select(MaxStepTokens).DefaultIfEmpty(SmallestTokens).Max();

    private static int MaxStepTokens(DeviceProfile profile)
    {
        var points = profile.Prefill.Where(point => point.ChunkTokens >= SmallestTokens).ToArray();
        if (points.Length == 0)
            return SmallestTokens;
        var fastest = points.Min(RowSeconds);
        return points.First(point => fastest >= (1 - WorthwhileSaving) * RowSeconds(point)).ChunkTokens;
    }

    private static double RowSeconds(PrefillPoint point) => point.SecondsPerLayer / point.ChunkTokens;
}
