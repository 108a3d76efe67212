namespace E2LLM.Core.Plans.Documents;

/// <summary>The KV cache of a replica at one moment. All 0 where the replica has not reported.</summary>
public sealed record ServedKv
{
    public required int Cells { get; init; }

    public required int ReservedCells { get; init; }

    public required int KeptCells { get; init; }

    public required long PrefixLookups { get; init; }

    public required long PrefixHits { get; init; }

    public required long PrefixHitTokens { get; init; }

    public required long PrefixEvictions { get; init; }

    public required long Preemptions { get; init; }
}
