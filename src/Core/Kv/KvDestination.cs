using System.Collections.Immutable;

namespace E2LLM.Core.Kv;

/// <summary>Where a sender delivers one KV transfer. Made by the receiver; whoever holds it can fill the transfer.</summary>
[GenerateSerializer, Alias("E2LLM.KvDestination"), Immutable]
public sealed record KvDestination
{
    /// <summary>Name or address of the receiver's data port.</summary>
    [Id(0)] public required string Host { get; init; }

    /// <summary>TCP port, 1 to 65,535.</summary>
    [Id(1)] public required int Port { get; init; }

    /// <summary>128 random bits; not secret.</summary>
    [Id(2)] public required Guid TransferId { get; init; }

    /// <summary>32 random bytes that only the receiver and its sender know.</summary>
    [Id(3)] public required ImmutableArray<byte> Token { get; init; }

    /// <summary>Without the token: it must not end up in a log.</summary>
    public override string ToString() => $"KV transfer {TransferId:N} to {Host}:{Port}";
}
