using E2LLM.Core.Engines;
using E2LLM.Core.Kv;

namespace E2LLM.Cluster.Tests.Fixtures;

/// <summary>Engines that note how many sequences they have open.</summary>
internal sealed class RunningMeter(IStageEngineFactory inner) : IStageEngineFactory
{
    private int _mostOpen;

    /// <summary>Sequences that any engine had open at once.</summary>
    public int MostOpen => _mostOpen;

    public async Task<IStageEngine> CreateAsync(StageEngineSpec spec, CancellationToken cancellationToken) =>
        new MeteredEngine((IKvStageEngine)await inner.CreateAsync(spec, cancellationToken), this);

    private static void Raise(ref int most, int value)
    {
        for (var before = Volatile.Read(ref most); value > before;)
            before = Interlocked.CompareExchange(ref most, value, before) is var seen && seen == before ? value : seen;
    }

    private sealed class MeteredEngine(IKvStageEngine engine, RunningMeter meter) : IKvStageEngine
    {
        private readonly HashSet<int> _open = [];

        public StageEngineInfo Info => engine.Info;

        public StageEngineUsage Usage => engine.Usage;

        public Task<StageResult> ExecuteAsync(StageStep step, CancellationToken cancellationToken)
        {
            lock (_open)
            {
                foreach (var command in step.Commands.IsDefault ? [] : step.Commands)
                    if (command.Kind == SequenceCommandKind.Open)
                        _open.Add(command.Sequence);
                    else if (command.Kind == SequenceCommandKind.Close)
                        _open.Remove(command.Sequence);
                Raise(ref meter._mostOpen, _open.Count);
            }

            return engine.ExecuteAsync(step, cancellationToken);
        }

        public Task<IReadOnlyList<KvBlock>> ExportKvAsync(int sequence, int fromPosition, int toPosition, CancellationToken cancellationToken) =>
            engine.ExportKvAsync(sequence, fromPosition, toPosition, cancellationToken);

        public Task ImportKvAsync(int sequence, int positions, IReadOnlyList<KvBlock> blocks, CancellationToken cancellationToken) =>
            engine.ImportKvAsync(sequence, positions, blocks, cancellationToken);

        public ValueTask DisposeAsync() => engine.DisposeAsync();
    }
}
