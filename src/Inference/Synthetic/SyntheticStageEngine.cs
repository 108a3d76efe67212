using System.Collections.Immutable;
using E2LLM.Core.Buffers;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Core.Timing;
using E2LLM.Inference.Engines;

namespace E2LLM.Inference.Synthetic;

/// <summary>Layers of a <see cref="SyntheticModel"/>: the contract and the refusals of a real engine, set times, no native code.</summary>
internal sealed partial class SyntheticStageEngine
{
    private readonly string _name;
    private readonly int _vocabularySize;
    private readonly SyntheticTiming _timing;
    private readonly double _slowdownFactor;
    private readonly SerialQueue _queue = new();
    private readonly OwedTime _wait;
    private readonly SequenceLedger _ledger;
    private readonly SyntheticSlot[] _slots;
    private readonly CancellationTokenSource _unloading = new();
    private readonly PublishedUsage _usage = new();

    public SyntheticStageEngine(StageEngineSpec spec, ModelSpec model, SyntheticTiming timing, TimeProvider time)
    {
        _name = StageEngineSpecCheck.Name(spec);
        _vocabularySize = model.VocabularySize;
        _timing = timing;
        _slowdownFactor = spec.Device.SlowdownFactor;
        _wait = new OwedTime(time);
        Info = new StageEngineInfo
        {
            FirstLayer = spec.FirstLayer,
            LayerCount = spec.LayerCount,
            IsFirst = spec.FirstLayer == 0,
            IsLast = spec.FirstLayer + spec.LayerCount == model.LayerCount,
            HiddenWidth = model.EmbeddingLength,
            WeightBytes = model.WeightBytes(spec.FirstLayer, spec.LayerCount),
        };
        _ledger = new SequenceLedger(Info, spec.Settings, model.VocabularySize, _name);
        _slots = new SyntheticSlot[spec.Settings.MaxSequences];
        for (var slot = 0; slot < _slots.Length; slot++)
            _slots[slot] = new SyntheticSlot(spec.FirstLayer, spec.LayerCount);
    }

    public StageEngineInfo Info { get; }

    public StageEngineUsage Usage => _usage.Value;

    public Task<StageResult> ExecuteAsync(StageStep step, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(step);
        return _queue.Enqueue(() => RunAsync(step), onDropped: () => step.Hidden?.Dispose(), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        // Also ends a wait on a virtual clock that nobody moves any more.
        await _unloading.CancelAsync().ConfigureAwait(false);
        await _queue.WhenIdleAsync().ConfigureAwait(false);
    }

    private async Task<StageResult> RunAsync(StageStep step)
    {
        try
        {
            _unloading.Token.ThrowIfCancellationRequested();
            _ledger.Check(step);
            ApplyCommands(step);
            _ledger.CommitCommands();
            if (step.Rows.IsDefaultOrEmpty)
                return new StageResult();
            var outputs = Info.IsLast ? step.Rows.Count(row => row.IsOutput) : 0;
            var seconds = _timing.StepSeconds(Info.LayerCount, step.Rows.Length, outputs) * _slowdownFactor;
            await _wait.WaitAsync(TimeSpan.FromSeconds(seconds), _unloading.Token).ConfigureAwait(false);
            var result = Compute(step);
            _ledger.CommitRows();
            return result with { ComputeSeconds = seconds };
        }
        catch (OperationCanceledException)
        {
            throw new EngineException($"{_name} is being unloaded.");
        }
        finally
        {
            step.Hidden?.Dispose();
            PublishUsage();
        }
    }

    private void PublishUsage() => _usage.Value = _ledger.Usage;

    private void ApplyCommands(StageStep step)
    {
        if (step.Commands.IsDefault)
            return;
        foreach (var command in step.Commands)
        {
            var slot = _slots[command.Sequence];
            if (command.Kind == SequenceCommandKind.Copy)
            {
                slot.CopyFrom(_slots[command.FromSequence], command.Positions);
                continue;
            }
            slot.Truncate(command.Kind == SequenceCommandKind.Truncate ? command.FromPosition : 0);
            if (command.Kind == SequenceCommandKind.Open)
                slot.Sampling = command.Sampling!;
        }
    }

    private StageResult Compute(StageStep step)
    {
        var hidden = Info.IsLast ? null : TensorBuffer.Rent(step.Rows.Length, Info.HiddenWidth);
        var tokens = ImmutableArray.CreateBuilder<int>();
        for (var index = 0; index < step.Rows.Length; index++)
        {
            var row = step.Rows[index];
            var slot = _slots[row.Sequence];
            var value = Info.IsFirst ? (ulong)row.Token : HiddenCode.Read(Row(step.Hidden!, index));
            value = slot.Extend(value);
            if (hidden is not null)
                HiddenCode.Write(value, Row(hidden, index));
            else if (row.IsOutput)
                tokens.Add(SyntheticModel.Draw(value, slot.Sampling, row.Position, _vocabularySize));
        }
        return new StageResult { Hidden = hidden, SampledTokens = tokens.DrainToImmutable() };

        static Span<float> Row(TensorBuffer buffer, int index) => buffer.Values.Slice(index * buffer.Width, buffer.Width);
    }
}
