using System.Collections.Immutable;
using E2LLM.Grains.Interfaces.HandOff;

namespace E2LLM.Grains.Interfaces.Stages;

/// <summary>What a replica still wants of a stage.</summary>
[GenerateSerializer, Alias("E2LLM.StageRenewal"), Immutable]
public sealed record StageRenewal
{
    /// <summary>The replica's.</summary>
    [Id(0)] public required long Epoch { get; init; }

    /// <summary>Slots that are opened in this step or a later one are not known to this message yet.</summary>
    [Id(1)] public required long NextStep { get; init; }

    /// <summary>Slots that still wait for a cache: the stage drops what it expects for all others below <see cref="NextStep"/>.</summary>
    [Id(2)] public required ImmutableArray<KvSlot> Slots { get; init; }

    /// <summary>Sendings from this one on are not known to this message yet.</summary>
    [Id(3)] public required long NextSending { get; init; }

    /// <summary>Sendings that go on: the stage ends all others below <see cref="NextSending"/>.</summary>
    [Id(4)] public required ImmutableArray<long> Sendings { get; init; }
}
