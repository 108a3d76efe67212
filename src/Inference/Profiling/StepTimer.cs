using System.Collections.Immutable;
using E2LLM.Core.Buffers;
using E2LLM.Core.Engines;
using E2LLM.Core.Requests;

namespace E2LLM.Inference.Profiling;

/// <summary>Times steps of an engine that nobody else uses, on made-up values, which do not change the time.</summary>
internal sealed class StepTimer(IStageEngine engine)
{
    private long _step;
    private int _contextTokens;

    /// <summary>Opens so many slots, each with so many tokens in it; once, or again after <see cref="CloseAsync"/>.</summary>
    public async Task OpenAsync(int sequences, int contextTokens)
    {
        _contextTokens = contextTokens;
        var slots = Enumerable.Range(0, sequences).ToImmutableArray();
        await RunAsync([.. slots.Select(slot => SequenceCommand.Open(slot, SamplingOptions.Greedy))], []).ConfigureAwait(false);
        // One after the other: together they may be more rows than a step takes.
        foreach (var slot in contextTokens > 0 ? slots : [])
            await RunAsync([], Rows([slot], 0, contextTokens)).ConfigureAwait(false);
    }

    public Task CloseAsync(int sequences) => RunAsync([.. Enumerable.Range(0, sequences).Select(SequenceCommand.Close)], []);

    /// <summary>Seconds of a step of the first so many slots with so many rows each, all starting behind the context.</summary>
    public Task<double> MeasureAsync(int sequences, int rowsEach)
    {
        var slots = Enumerable.Range(0, sequences).ToImmutableArray();
        return RunAsync([.. slots.Select(slot => SequenceCommand.Truncate(slot, _contextTokens))], Rows(slots, _contextTokens, rowsEach));
    }

    private async Task<double> RunAsync(ImmutableArray<SequenceCommand> commands, ImmutableArray<StepRow> rows)
    {
        var step = new StageStep { StepNumber = _step++, Commands = commands, Rows = rows, Hidden = Hidden(rows.Length) };
        var result = await engine.ExecuteAsync(step, CancellationToken.None).ConfigureAwait(false);
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
