using System.Collections.Immutable;
using E2LLM.Core.Buffers;
using E2LLM.Core.Engines;
using E2LLM.Core.Requests;

namespace E2LLM.Inference.Profiling;

/// <summary>Times steps of an engine that nobody else uses, on made-up values, which do not change the time.</summary>
internal sealed class StepTimer(IStageEngine engine)
{
    private const int MostSamples = 7;
    private const double BudgetSeconds = 0.12;

    private long _step;

    /// <summary>Seconds of a step of so many sequences with so many rows each, all starting behind a context.</summary>
    public async Task<double> MeasureAsync(int sequences, int rowsEach, int contextTokens, CancellationToken cancellationToken)
    {
        var slots = Enumerable.Range(0, sequences).ToImmutableArray();
        foreach (var slot in slots)
        {
            await RunAsync([SequenceCommand.Open(slot, SamplingOptions.Greedy)], [], cancellationToken).ConfigureAwait(false);
            if (contextTokens > 0)
                await RunAsync([], Rows([slot], 0, contextTokens), cancellationToken).ConfigureAwait(false);
        }
        var rewind = slots.Select(slot => SequenceCommand.Truncate(slot, contextTokens)).ToImmutableArray();
        var rows = Rows(slots, contextTokens, rowsEach);
        var seconds = new List<double>();
        // The first one warms caches up and is left out, unless it alone has used the time up.
        var first = await RunAsync(rewind, rows, cancellationToken).ConfigureAwait(false);
        for (var spent = first; spent < BudgetSeconds && seconds.Count < MostSamples; spent += seconds[^1])
            seconds.Add(await RunAsync(rewind, rows, cancellationToken).ConfigureAwait(false));
        await RunAsync([.. slots.Select(SequenceCommand.Close)], [], cancellationToken).ConfigureAwait(false);
        if (seconds.Count == 0)
            return first;
        seconds.Sort();
        return seconds[seconds.Count / 2];
    }

    private async Task<double> RunAsync(
        ImmutableArray<SequenceCommand> commands, ImmutableArray<StepRow> rows, CancellationToken cancellationToken)
    {
        var step = new StageStep { StepNumber = _step++, Commands = commands, Rows = rows, Hidden = Hidden(rows.Length) };
        var result = await engine.ExecuteAsync(step, cancellationToken).ConfigureAwait(false);
        result.Hidden?.Dispose();
        return result.ComputeSeconds;
    }

    private TensorBuffer? Hidden(int rows)
    {
        if (engine.Info.IsFirst || rows == 0)
            return null;
        var hidden = TensorBuffer.Rent(rows, engine.Info.HiddenWidth);
        var values = hidden.Values;
        for (var index = 0; index < values.Length; index++)
            values[index] = (index * 37 % 101 - 50) / 50f;
        return hidden;
    }

    // One output a sequence, as in serving.
    private static ImmutableArray<StepRow> Rows(ImmutableArray<int> slots, int firstPosition, int rowsEach) =>
    [
        .. slots.SelectMany(slot => Enumerable.Range(0, rowsEach).Select(
            row => new StepRow(1, firstPosition + row, slot, row == rowsEach - 1))),
    ];
}
