using E2LLM.Cli.Planning.Inputs;
using E2LLM.Core.Plans;
using E2LLM.Planning.Requests;

namespace E2LLM.Cli.Planning;

/// <summary>What to change in the command line so that a fleet holds the model that it is too small for.</summary>
internal static class MemoryHint
{
    /// <summary>The smallest changes that help, in one sentence; null where memory is not what is short.</summary>
    /// <param name="settings">What was asked for.</param>
    /// <param name="input">The request that was refused.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public static string? For(PlanSettings settings, PlanInput input, CancellationToken cancellationToken)
    {
        bool Fits(PlanSettings changed) => MemoryCheck.HoldsModel(PlanInput.Resolve(changed).Request, cancellationToken);
        if (MemoryCheck.HoldsModel(input.Request, cancellationToken))
            return null;
        var smaller = settings with { KvType = KvCacheType.Q8_0 };
        // Left to the plan, it has been tried.
        var canShrink = settings.KvType is not (null or KvCacheType.Q8_0);
        var hints = new List<string>();
        if (FewerSequences(settings, input, Fits) is { } sequences)
            hints.Add(sequences);
        if (canShrink && Fits(smaller))
            hints.Add("--kv-type q8_0");
        if (hints.Count == 0 && canShrink && FewerSequences(smaller, input, Fits) is { } both)
            hints.Add($"{both} and --kv-type q8_0");
        return hints.Count > 0
            ? $"It fits with {string.Join(", or with ", hints)}."
            : "Not even one sequence with --kv-type q8_0 fits: it takes more devices, more memory, or smaller weights.";
    }

    /// <summary>The option for the most sequences that fit; null where not even one does.</summary>
    private static string? FewerSequences(PlanSettings settings, PlanInput input, Predicate<PlanSettings> fits)
    {
        var engine = input.Request.Engine;
        // What was said of the cells themselves shrinks with the sequences.
        int? Cells(int sequences) => settings.KvCells is { } cells ? (int)((long)cells * sequences / engine.MaxSequences) : null;
        var tokens = input.Request.Workload!.MeanInputTokens + input.Request.Workload.MeanOutputTokens;
        // A mean request has to fit what cells are left.
        var least = 1;
        while (least < engine.MaxSequences && Cells(least) < tokens)
            least++;
        var (most, beyond) = (least - 1, engine.MaxSequences);
        while (beyond - most > 1)
        {
            var middle = (most + beyond) / 2;
            if (fits(settings with { MaxSequences = middle, KvCells = Cells(middle) }))
                most = middle;
            else
                beyond = middle;
        }
        return most < least ? null : $"--max-sequences {most}{(Cells(most) is { } kept ? $" --kv-cells {kept}" : "")}";
    }
}
