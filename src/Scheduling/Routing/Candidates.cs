namespace E2LLM.Scheduling.Routing;

/// <summary>Picks from lists of replicas. Equal ones take turns, or else stale figures would send a burst to the first.</summary>
internal static class Candidates
{
    /// <summary>Index of the lowest cost, counted from where the request's turn begins; -1 where there is none.</summary>
    public static int Lowest(int count, long turn, Func<int, (double First, double Second)?> cost)
    {
        var best = -1;
        (double First, double Second) lowest = default;
        for (var offset = 0; offset < count; offset++)
        {
            var candidate = (int)((turn + offset) % count);
            if (cost(candidate) is not { } found || (best >= 0 && !IsBelow(found, lowest)))
                continue;
            best = candidate;
            lowest = found;
        }

        return best;
    }

    private static bool IsBelow((double First, double Second) cost, (double First, double Second) other) =>
        cost.First < other.First || (cost.First.Equals(other.First) && cost.Second < other.Second);

    /// <exception cref="ArgumentException">Nothing was found.</exception>
    public static int OrThrow(this int index, string what) =>
        index >= 0 ? index : throw new ArgumentException($"There is no replica that can {what}.");
}
