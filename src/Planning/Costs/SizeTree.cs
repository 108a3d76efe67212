namespace E2LLM.Planning.Costs;

/// <summary>
/// The micro-batch sizes of a role with each engine choice as a binary tree: a leaf is a size, and every other node costs the least of the sizes below it. A search for
/// the best size looks at the halves whose bound may still be better, which are few.
/// </summary>
internal sealed class SizeTree
{
    private SizeTree(RoleCosts costs, SizeTree[] halves) => (Costs, Halves) = (costs, halves);

    public RoleCosts Costs { get; }

    /// <summary>Two, or none.</summary>
    public SizeTree[] Halves { get; }

    /// <param name="serving">The request.</param>
    /// <param name="sizes">At least one, ascending; those of an engine choice together.</param>
    public static SizeTree Of(ServingCosts serving, ReadOnlySpan<RoleCosts> sizes)
    {
        if (sizes.Length == 1)
            return new SizeTree(sizes[0], []);
        var middle = Middle(sizes);
        return new SizeTree(new RoleCosts(serving, sizes.ToArray()), [Of(serving, sizes[..middle]), Of(serving, sizes[middle..])]);
    }

    /// <summary>Between two engine choices, the nearest to the middle: what devices hold is the same below it, and another look is spared where they hold too little.</summary>
    private static int Middle(ReadOnlySpan<RoleCosts> sizes)
    {
        var (half, best) = (sizes.Length / 2, 0);
        for (var index = 1; index < sizes.Length; index++)
            if (sizes[index].Choice != sizes[index - 1].Choice && (best == 0 || Math.Abs(index - half) < Math.Abs(best - half)))
                best = index;
        return best == 0 ? half : best;
    }
}
