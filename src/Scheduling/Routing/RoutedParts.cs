namespace E2LLM.Scheduling.Routing;

/// <summary>What was sent to a replica and cannot be in its own figures yet. No clock: the caller brings the time.</summary>
/// <remarks>
/// A decoder hears of a request when its prompt begins to be read. Until then only the router knows that the answer will come, and without
/// this all who wait for their prompts would be sent to the decoder that was the best for the first of them.
/// </remarks>
public sealed class RoutedParts
{
    private readonly List<(double UntilSeconds, RoutedPart Part)> _parts = [];

    /// <param name="part">What was sent.</param>
    /// <param name="untilSeconds">When the replica will know of it.</param>
    public void Add(RoutedPart part, double untilSeconds) => _parts.Add((untilSeconds, part));

    /// <summary>Forgets what the replica knows by now.</summary>
    public void Prune(double nowSeconds) => _parts.RemoveAll(sent => sent.UntilSeconds < nowSeconds);

    public void Clear() => _parts.Clear();

    /// <summary>What it does not know yet.</summary>
    public IReadOnlyCollection<RoutedPart> ToArray() => _parts.Count == 0 ? [] : [.. _parts.Select(sent => sent.Part)];
}
