using System.Collections.Immutable;

namespace E2LLM.Grains.Interfaces.HandOff;

/// <summary>A slot that waits for a KV cache. A later one of the same request makes it void.</summary>
[GenerateSerializer, Alias("E2LLM.KvReception"), Immutable]
public sealed record KvReception
{
    /// <summary>The step that opens the slot; names this reception among those of the request.</summary>
    [Id(0)] public required long OpenedInStep { get; init; }

    /// <summary>Where each layer has to go.</summary>
    [Id(1)] public required ImmutableArray<KvPart> Parts { get; init; }
}
