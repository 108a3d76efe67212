using System.Collections.Immutable;

namespace E2LLM.Grains.Interfaces.Parts;

/// <summary>
/// A silo's inbox for the updates of the parts that its requests run. Deliveries may be lost, come twice and overtake each other: their
/// numbers put them back in order, and what is missing is asked for with <see cref="PartsWanted"/>.
/// </summary>
[Alias("E2LLM.IPartSink")]
public interface IPartSink : IGrainObserver
{
    [Alias("Deliver")]
    Task DeliverAsync(ImmutableArray<PartDelivery> deliveries);
}
