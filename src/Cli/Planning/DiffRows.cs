using E2LLM.Planning.Differences;

namespace E2LLM.Cli.Planning;

/// <summary>A change of plans as cells and sentences, for a terminal and for a page.</summary>
internal static class DiffRows
{
    public static readonly string[] Columns = ["device", "before", "after", "to fetch", "link busy"];

    public static string[] Of(DeviceMove move) =>
    [
        move.DeviceId,
        Held(move.Before),
        Held(move.After),
        move.ReceivedBytes == 0 ? "-" : Figures.Bytes(move.ReceivedBytes),
        move.ReceivedBytes == 0 ? "-" : Figures.Seconds(move.LinkSeconds),
    ];

    public static IEnumerable<string> Sentences(PlanComparison comparison)
    {
        var difference = comparison.Difference;
        if (!comparison.IsSame)
            yield return $"{Figures.Bytes(difference.MovedBytes)} of weights to move, at best in {Figures.Seconds(difference.MoveSeconds)}.";
        if (comparison is { IsSame: false, Misfit: null, Before.Prediction: { } before, After.Prediction: { } after })
            yield return $"Mean wait {Figures.Seconds(before.MeanWaitSeconds)} before, {Figures.Seconds(after.MeanWaitSeconds)} after; "
                + $"a whole request without wait {Figures.Seconds(before.ServiceSeconds)} before, {Figures.Seconds(after.ServiceSeconds)} after; "
                + $"capacity {Figures.Rate(before.CapacityRequestsPerSecond)} before, {Figures.Rate(after.CapacityRequestsPerSecond)} after.";
        yield return comparison.Verdict;
    }

    private static string Held(string layers) => layers.Length == 0 ? "-" : layers;
}
