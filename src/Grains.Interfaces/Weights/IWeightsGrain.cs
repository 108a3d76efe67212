using System.Collections.Immutable;
using Orleans.Concurrency;

namespace E2LLM.Grains.Interfaces.Weights;

/// <summary>Who has a model's weights. They themselves go over the data port. Key: the model's id.</summary>
[Alias("E2LLM.IWeightsGrain")]
public interface IWeightsGrain : IGrainWithStringKey
{
    /// <summary>A silo says what it has, and again several times a lease that it is still there.</summary>
    [Alias("Offer"), AlwaysInterleave]
    Task<WeightsAnswer> OfferAsync(WeightsOffer offer);

    /// <summary>A silo stops in its own time.</summary>
    [Alias("Leave"), AlwaysInterleave]
    Task LeaveAsync(string silo, long incarnation);

    /// <summary>Null while nobody has any of it.</summary>
    [Alias("GetSource"), AlwaysInterleave, ReadOnly]
    Task<WeightsSource?> GetSourceAsync();

    /// <summary>What each silo has, and what is on its way there.</summary>
    [Alias("GetSilos"), AlwaysInterleave, ReadOnly]
    Task<ImmutableArray<SiloWeights>> GetSilosAsync();
}
