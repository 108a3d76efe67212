using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.Tests.Fixtures;

/// <summary>The runtime that the suite runs on: one a process, so there is a project for each.</summary>
internal static class TestRuntime
{
#if LLAMACPP
    public const string Name = "llamacpp";
#else
    public const string Name = "llamasharp";
#endif

    public static LlamaLibraryOptions Options { get; } = new() { Runtime = Name };

    public static ILlamaRuntime Instance => LlamaRuntimes.Get(Options);

    /// <summary>A cut into slices, or another one where the runtime cannot make slices of that one.</summary>
    public static int[] CutOf(string modelId, params int[] cut) =>
        CanCut(modelId, cut) ? cut : PeriodOf(modelId) == 2 ? [2, 2, 4] : [3, 3, 2];

    /// <summary>Whether the windowed layers of every slice have a period that counts from its first layer; worked out by trying all.</summary>
    public static bool CanCut(string modelId, params int[] cut)
    {
        if (LlamaRuntimes.ReadsWindowLists(Options) || PeriodOf(modelId) is not { } period)
            return true;
        var first = 0;
        foreach (var count in cut)
        {
            var isLocal = IsLocal(period, first, count);
            if (!Enumerable.Range(0, count + 2).Any(other => IsLocal(other, 0, count).SequenceEqual(isLocal)))
                return false;
            first += count;
        }
        return true;
    }

    private static int? PeriodOf(string modelId) =>
        modelId.Contains("gpt-oss", StringComparison.Ordinal) ? 2 : modelId.Contains("gemma3", StringComparison.Ordinal) ? 6 : null;

    private static bool[] IsLocal(int period, int first, int count) =>
        [.. Enumerable.Range(first, count).Select(layer => period == 0 || layer % period < period - 1)];
}
