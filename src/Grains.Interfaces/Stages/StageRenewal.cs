using System.Collections.Immutable;

namespace E2LLM.Grains.Interfaces.Stages;

/// <summary>What a replica still wants of a stage.</summary>
[GenerateSerializer, Alias("E2LLM.StageRenewal"), Immutable]
public sealed record StageRenewal
{
    /// <summary>The replica's.</summary>
    [Id(0)] public required long Epoch { get; init; }

    /// <summary>KV transfers whose leases start anew. Those that are over are passed over.</summary>
    [Id(1)] public required ImmutableArray<Guid> KvTransfers { get; init; }

    /// <summary>Sendings from this one on are not known to this message yet.</summary>
    [Id(2)] public required long NextSending { get; init; }

    /// <summary>Sendings that go on: the stage ends all others below <see cref="NextSending"/>.</summary>
    [Id(3)] public required ImmutableArray<long> Sendings { get; init; }
}
