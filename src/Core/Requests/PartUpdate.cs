using System.Collections.Immutable;
using E2LLM.Core.HandOff;

namespace E2LLM.Core.Requests;

/// <summary>News of the part of a request that a replica runs. One of its properties is set.</summary>
[GenerateSerializer, Alias("E2LLM.PartUpdate"), Immutable]
public sealed record PartUpdate
{
    /// <summary>
    /// Tokens, or how it ended. The last one carries the part's timeline; that of a prompt that was handed on has no finish reason.
    /// </summary>
    [Id(0)] public TokenChunk? Chunk { get; init; }

    /// <summary>Prefill: the request has its slot; these stages will hold the cache.</summary>
    [Id(1)] public ImmutableArray<KvSource> Sources { get; init; } = [];

    /// <summary>Decode: a slot waits for the cache.</summary>
    [Id(2)] public KvReception? Reception { get; init; }

    /// <summary>Whether nothing follows.</summary>
    public bool IsLast => Chunk is { Finish: not null } or { Timeline: not null };
}
