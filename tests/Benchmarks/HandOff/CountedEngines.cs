using System.Collections.Concurrent;
using E2LLM.Core.Engines;
using E2LLM.Inference.Engines;

namespace E2LLM.Benchmarks.HandOff;

/// <summary>Engines whose exports are watched.</summary>
internal sealed class CountedEngines(LlamaStageEngineFactory engines) : IStageEngineFactory
{
    private readonly ConcurrentBag<LlamaStageEngine> _engines = [];

    /// <summary>Bytes that llama.cpp has copied out of its caches, on all engines together.</summary>
    public long StateBytesRead => _engines.Sum(engine => engine.StateBytesRead);

    public async Task<IStageEngine> CreateAsync(StageEngineSpec spec, CancellationToken cancellationToken)
    {
        var engine = await engines.CreateAsync(spec, cancellationToken);
        _engines.Add((LlamaStageEngine)engine);
        return engine;
    }
}
