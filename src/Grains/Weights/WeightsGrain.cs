using System.Collections.Immutable;
using E2LLM.Grains.Interfaces.Weights;
using E2LLM.Scheduling.Protocols.Fleets;
using E2LLM.Scheduling.Protocols.Weights;
using Microsoft.Extensions.Options;
using Orleans.Placement;

namespace E2LLM.Grains.Weights;

/// <summary>Who has a model's weights. It remembers nothing over its end: silos say what they have several times a lease.</summary>
[GrainType("weights"), Immovable]
public sealed class WeightsGrain(IOptions<FleetTimes> times, TimeProvider time) : Grain, IWeightsGrain
{
    /// <summary>So many are enough to ask.</summary>
    private const int MaxHolders = 32;

    private readonly HolderTable<WeightsOffer> _holders = new(times.Value.LeaseSeconds);

    private double NowSeconds => time.GetTimestamp() / (double)time.TimestampFrequency;

    public Task<WeightsAnswer> OfferAsync(WeightsOffer offer) => Task.FromResult(new WeightsAnswer
    {
        OtherSilo = _holders.Offer(offer.Silo, offer.Incarnation, offer.Root, offer.IsWhole, offer, NowSeconds) ?? "",
    });

    public Task LeaveAsync(string silo, long incarnation)
    {
        _holders.Leave(silo, incarnation);
        return Task.CompletedTask;
    }

    public Task<WeightsSource?> GetSourceAsync()
    {
        WeightsOffer[] offers = [.. _holders.Holders(NowSeconds).Select(holder => holder.Offer)];
        return Task.FromResult(offers.Length == 0 ? null : new WeightsSource
        {
            Root = offers[0].Root,
            ManifestBytes = offers[0].ManifestBytes,
            Holders = [.. offers.Take(MaxHolders).Select(offer => new WeightsHolder(offer.Silo, offer.Host, offer.Port, offer.IsWhole))],
        });
    }

    public Task<ImmutableArray<SiloWeights>> GetSilosAsync() => Task.FromResult<ImmutableArray<SiloWeights>>(
        [.. _holders.Holders(NowSeconds).Select(holder => new SiloWeights(holder.Silo, holder.Offer.IsWhole, holder.Offer.Progress))]);
}
