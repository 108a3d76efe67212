using System.Collections.Immutable;
using E2LLM.Benchmarks.Fog;
using E2LLM.Benchmarks.Reports;
using E2LLM.Benchmarks.Serving;
using E2LLM.Core.Buffers;
using E2LLM.Core.Engines;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;

namespace E2LLM.Benchmarks.TwoSilos;

/// <summary>Steps of a bare slice. Processor time is shown beside the wall clock: on a busy machine it is the steadier of the two.</summary>
internal sealed class StepCost : IAsyncDisposable
{
    private const int MaxDecodeRows = 16;
    private const int MaxPromptRows = 512;

    private static readonly (int Decode, int Prompt)[] Shapes =
    [
        (1, 0), (2, 0), (4, 0), (6, 0), (8, 0), (12, 0), (15, 0), (16, 0), (8, 8), (8, 24), (8, 40), (8, 64), (0, 16), (0, 32), (0, 64), (0, 128), (0, 256), (0, 512),
    ];

    private readonly IStageEngine _engine;
    private readonly ModelSpec _model;
    private readonly int _pastTokens;
    private readonly StepCounter _steps = new();

    private StepCost(IStageEngine engine, ModelSpec model, int pastTokens) => (_engine, _model, _pastTokens) = (engine, model, pastTokens);

    /// <param name="pastTokens">Positions that decoding sequences have behind them.</param>
    public static async Task<StepCost> LoadAsync(BenchmarkModel model, int firstLayer, int layers, int threads, int pastTokens, bool repack, bool flashAttention)
    {
        Console.WriteLine($"measured: model {model.Name} Q4_0 (random weights), layers {firstLayer} to {firstLayer + layers - 1} of {model.Spec.LayerCount}, {threads} threads, " +
            $"{pastTokens} tokens behind each of {MaxDecodeRows} sequences{(repack ? "" : ", weights not repacked")}{(flashAttention ? "" : ", no flash attention")}");
        return new StepCost(await model.Engines.CreateAsync(new StageEngineSpec
        {
            ModelId = model.Spec.Id,
            Device = FogOptions.Device("bare", threads),
            FirstLayer = firstLayer,
            LayerCount = layers,
            Settings = new EngineSettings
            {
                MaxSequences = MaxDecodeRows + 1,
                MaxSequenceTokens = MaxPromptRows,
                KvCells = (MaxDecodeRows * (pastTokens + 1)) + MaxPromptRows,
                MaxStepTokens = MaxPromptRows,
                Repack = repack,
                FlashAttention = flashAttention,
            },
        }, CancellationToken.None), model.Spec, pastTokens);
    }

    public async Task RunAsync(int repeats)
    {
        for (var sequence = 0; sequence < MaxDecodeRows; sequence++)
            for (var from = 0; from < _pastTokens; from += MaxPromptRows)
                await StepAsync(
                    from > 0 ? [] : [SequenceCommand.Open(sequence, SamplingOptions.Greedy)],
                    Rows(sequence, from, Math.Min(MaxPromptRows, _pastTokens - from), outputFrom: _pastTokens));
        foreach (var (decode, prompt) in Shapes)
        {
            List<double> wall = [], cpu = [];
            for (var repeat = -1; repeat < repeats; repeat++) // the first one warms up
            {
                var (wallSeconds, cpuSeconds) = await MeasureAsync(decode, prompt);
                if (repeat < 0)
                    continue;
                wall.Add(wallSeconds * 1e3);
                cpu.Add(cpuSeconds * 1e3);
            }
            Console.WriteLine($"{decode,3} decode rows, {prompt,3} prompt rows: {Statistics.Median(wall) / (decode + prompt),6:0.00} ms a row" +
                $"  {Statistics.Median(wall),7:0.0} ms ({wall.Min():0.0} to {wall.Max():0.0}), CPU {Statistics.Median(cpu):0.0} ms ({cpu.Min():0.0} to {cpu.Max():0.0})");
        }
    }

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    private async Task<(double WallSeconds, double CpuSeconds)> MeasureAsync(int decode, int prompt)
    {
        ImmutableArray<SequenceCommand> open = prompt == 0 ? [] : [SequenceCommand.Open(MaxDecodeRows, SamplingOptions.Greedy)];
        ImmutableArray<StepRow> rows =
        [
            .. Enumerable.Range(0, decode).SelectMany(sequence => Rows(sequence, _pastTokens, 1, outputFrom: 0)),
            .. Rows(MaxDecodeRows, 0, prompt, outputFrom: prompt - 1),
        ];
        var (before, started) = (Environment.CpuUsage.TotalTime, TimeProvider.System.GetTimestamp());
        await StepAsync(open, rows);
        var measured = (TimeProvider.System.GetElapsedTime(started).TotalSeconds, (Environment.CpuUsage.TotalTime - before).TotalSeconds);
        await StepAsync(
            [SequenceCommand.Close(MaxDecodeRows), .. Enumerable.Range(0, decode).Select(sequence => SequenceCommand.Truncate(sequence, _pastTokens))], []);
        return measured;
    }

    private async Task StepAsync(ImmutableArray<SequenceCommand> commands, ImmutableArray<StepRow> rows)
    {
        var hidden = _engine.Info.IsFirst || rows.IsEmpty ? null : RandomHidden(rows.Length);
        var result = await _engine.ExecuteAsync(
            new StageStep { StepNumber = _steps.Next(), Commands = commands, Rows = rows, Hidden = hidden }, CancellationToken.None);
        result.Hidden?.Dispose();
    }

    private TensorBuffer RandomHidden(int rows)
    {
        var hidden = TensorBuffer.Rent(rows, _model.EmbeddingLength);
        var random = new Random(rows);
        foreach (ref var value in hidden.Values)
            value = random.NextSingle() - 0.5f;
        return hidden;
    }

    private ImmutableArray<StepRow> Rows(int sequence, int from, int count, int outputFrom) =>
    [
        .. Enumerable.Range(from, count).Select(position => new StepRow(300 + ((position * 31) + sequence) % 1000, position, sequence, position >= outputFrom)),
    ];
}
