using System.Collections.Immutable;
using E2LLM.Core.HandOff;
using E2LLM.Core.Requests;

namespace E2LLM.Grains.Interfaces.Parts;

/// <summary>
/// The part of a request that a replica shall run. The same one may come twice: reader and ticket name it.
/// </summary>
[GenerateSerializer, Alias("E2LLM.PartRequest"), Immutable]
public sealed record PartRequest
{
    [Id(0)] public required GenerationRequest Request { get; init; }

    [Id(1)] public required RunMode Mode { get; init; }

    /// <summary>Decode: the stages that will send the cache.</summary>
    [Id(2)] public ImmutableArray<KvSource> Sources { get; init; } = [];

    /// <summary>Who wants the updates.</summary>
    [Id(3)] public required PartReaderId Reader { get; init; }

    /// <summary>Names the part among those of its reader; later parts have higher ones.</summary>
    [Id(4)] public required long Ticket { get; init; }
}

/// <summary>A silo's inbox.</summary>
/// <param name="Id">Names it for as long as the silo lives, and no other.</param>
/// <param name="Sink">Where updates go.</param>
[GenerateSerializer, Alias("E2LLM.PartReaderId"), Immutable]
public sealed record PartReaderId([property: Id(0)] string Id, [property: Id(1)] IPartSink Sink);

/// <summary>Updates of a part, in their order.</summary>
/// <param name="Ticket">Whose they are.</param>
/// <param name="From">Number of the first one; a part's updates count from 0.</param>
[GenerateSerializer, Alias("E2LLM.PartDelivery"), Immutable]
public readonly record struct PartDelivery(
    [property: Id(0)] long Ticket, [property: Id(1)] int From, [property: Id(2)] ImmutableArray<PartUpdate> Updates);

/// <summary>How many updates of a part, from the first without a gap, its reader has.</summary>
[GenerateSerializer, Alias("E2LLM.PartSeen"), Immutable]
public readonly record struct PartSeen([property: Id(0)] long Ticket, [property: Id(1)] int Updates);

/// <summary>
/// From a reader, time and again: it is there, and these are all the parts that it still wants from the replica. The replica ends the
/// others of this reader, and sends anew what was lost on the way.
/// </summary>
[GenerateSerializer, Alias("E2LLM.PartsWanted"), Immutable]
public sealed record PartsWanted
{
    [Id(0)] public required string ReaderId { get; init; }

    /// <summary>Parts from this ticket on are not known to this message yet.</summary>
    [Id(1)] public required long NextTicket { get; init; }

    [Id(2)] public required ImmutableArray<PartSeen> Parts { get; init; }
}
