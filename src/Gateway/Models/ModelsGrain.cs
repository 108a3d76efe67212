using System.Collections.Immutable;
using E2LLM.Core.Models;
using E2LLM.Grains.Interfaces.Models;
using Orleans.Concurrency;

namespace E2LLM.Gateway.Models;

/// <summary>The catalog of this silo, for clients that do not know what is served.</summary>
[StatelessWorker(maxLocalWorkers: 1)]
internal sealed class ModelsGrain(IModelCatalog catalog) : Grain, IModelsGrain
{
    public Task<ImmutableArray<string>> GetIdsAsync() => Task.FromResult<ImmutableArray<string>>([.. catalog.Models.Select(model => model.Id)]);
}
