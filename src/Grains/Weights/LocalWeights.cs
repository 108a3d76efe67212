using E2LLM.Core.Weights;

namespace E2LLM.Grains.Weights;

/// <summary>What this silo has of a model's weights.</summary>
/// <param name="ModelId">Whose they are.</param>
/// <param name="OpenAsync">Gives the pieces; takes as long as it takes to hash a model whose files are here for the first time.</param>
/// <param name="Progress">What of it is here, and on its way.</param>
public sealed record LocalWeights(string ModelId, Func<CancellationToken, Task<IPieceSource>> OpenAsync, Func<IPieceSource, WeightsProgress> Progress);
