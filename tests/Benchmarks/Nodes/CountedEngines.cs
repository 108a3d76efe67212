using E2LLM.Core.Engines;

namespace E2LLM.Benchmarks.Nodes;

/// <summary>Counts how many engines are loaded: one a stage, unless a replica was started anew.</summary>
internal sealed class CountedEngines(IStageEngineFactory inner) : IStageEngineFactory
{
    private int _loads;

    public int Loads => _loads;

    public Task<IStageEngine> CreateAsync(StageEngineSpec spec, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _loads);
        return inner.CreateAsync(spec, cancellationToken);
    }
}
