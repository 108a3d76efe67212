using System.Collections.Immutable;

namespace E2LLM.Grains.Interfaces.Models;

/// <summary>What a silo serves. A stateless worker: whoever asks is answered by the silo that he is connected to. Key: 0.</summary>
[Alias("E2LLM.IModelsGrain")]
public interface IModelsGrain : IGrainWithIntegerKey
{
    /// <summary>Ids of the models in the silo's catalog, whether their plans are ready or not.</summary>
    [Alias("GetIds")]
    Task<ImmutableArray<string>> GetIdsAsync();
}
