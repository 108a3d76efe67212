namespace E2LLM.Planning.Costs;

/// <summary>
/// The micro-batch sizes of a role as a binary tree: a leaf is a size, and every other node costs the least of the sizes below it. A search for
/// the best size looks at the halves whose bound may still be better, which are few.
/// </summary>
internal sealed class SizeTree
{
    private SizeTree(RoleCosts costs, SizeTree[] halves) => (Costs, Halves) = (costs, halves);

    public RoleCosts Costs { get; }

    /// <summary>Two, or none.</summary>
    public SizeTree[] Halves { get; }

    /// <param name="serving">The request.</param>
    /// <param name="sizes">At least one, ascending.</param>
    public static SizeTree Of(ServingCosts serving, ReadOnlySpan<RoleCosts> sizes) => sizes.Length == 1
        ? new SizeTree(sizes[0], [])
        : new SizeTree(new RoleCosts(serving, sizes.ToArray()), [Of(serving, sizes[..(sizes.Length / 2)]), Of(serving, sizes[(sizes.Length / 2)..])]);
}
