namespace E2LLM.Cli.Bench.Load;

/// <summary>One load. The value is requests under way, requests a second, or the factor on a trace's rate.</summary>
internal readonly record struct LoadSpec(LoadKind Kind, double Value)
{
    public string Label => Kind switch
    {
        LoadKind.Concurrency => $"{Value:0} at once",
        LoadKind.Rate => $"{Value:0.###}/s",
        _ => $"trace x {Value:0.###}",
    };

    public bool IsOpenLoop => Kind != LoadKind.Concurrency;
}
