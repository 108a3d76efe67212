using System.Collections.Immutable;
using E2LLM.Core.Buffers;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Inference.Kv;
using E2LLM.Inference.Runtimes;
using E2LLM.Inference.Sampling;

namespace E2LLM.Inference.Engines;

/// <summary>A slice of a model on llama.cpp. All native work happens on one thread of its own.</summary>
internal sealed partial class LlamaStageEngine
{
    private readonly string _name;
    private readonly TimeProvider _time;
    private readonly EngineWorker _worker;
    private readonly ILlamaRuntime _runtime;
    private readonly LlamaSlice _slice;
    private readonly TokenEmbeddings? _embeddings;
    private readonly int[] _tokens = [];
    private readonly float[] _lookedUp = [];
    private readonly CandidateBuffer? _candidates;
    private readonly SequenceSampler?[] _samplers;
    private readonly SequenceLedger _ledger;
    private readonly KvLayout _kvLayout;
    private readonly PublishedUsage _usage = new();

    private LlamaStageEngine(LlamaStageEngineParts parts, EngineWorker worker)
    {
        _name = parts.Name;
        _time = parts.Time;
        _worker = worker;
        _kvLayout = parts.KvLayout;
        _runtime = parts.Runtime;
        _samplers = new SequenceSampler?[parts.Settings.MaxSequences];
        _slice = parts.LoadSlice();
        try
        {
            _embeddings = parts.OpenEmbeddings?.Invoke();
            if (_embeddings is not null)
                (_tokens, _lookedUp) = (new int[_slice.MaxRows], new float[_slice.MaxRows * _slice.Width]);
            if (parts.IsLast)
                _candidates = new CandidateBuffer(_slice.VocabularySize);
            Info = new StageEngineInfo
            {
                FirstLayer = parts.FirstLayer,
                LayerCount = parts.LayerCount,
                IsFirst = _embeddings is not null,
                IsLast = parts.IsLast,
                HiddenWidth = _slice.Width,
                WeightBytes = _slice.WeightBytes,
            };
            // A window that is wider than any sequence never closes behind a position.
            var windowTokens = _kvLayout.WindowTokens > parts.Settings.MaxSequenceTokens ? 0 : _kvLayout.WindowTokens;
            _ledger = new SequenceLedger(
                Info, parts.Settings with { MaxStepTokens = _slice.MaxRows }, parts.VocabularySize, _name, windowTokens);
        }
        catch
        {
            Release();
            throw;
        }
    }

    public StageEngineInfo Info { get; }

    public StageEngineUsage Usage => _usage.Value;

    internal LogitsObserver? LogitsObserver { get; set; }

    /// <exception cref="EngineException">The slice does not load, or memory is short.</exception>
    public static async Task<LlamaStageEngine> LoadAsync(LlamaStageEngineParts parts, CancellationToken cancellationToken)
    {
        var worker = new EngineWorker(parts.Name);
        try
        {
            var loading = worker.Post(() => new LlamaStageEngine(parts, worker), onDropped: () => { }, cancellationToken);
            return await loading.ConfigureAwait(false);
        }
        catch (Exception error)
        {
            await worker.StopAsync(() => { }).ConfigureAwait(false);
            if (error is EngineException)
                throw new EngineException($"{parts.Name}: {error.Message}", error);
            throw;
        }
    }

    public Task<StageResult> ExecuteAsync(StageStep step, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(step);
        return _worker.Post(() => Execute(step), onDropped: () => step.Hidden?.Dispose(), cancellationToken);
    }

    public ValueTask DisposeAsync() => new(_worker.StopAsync(Release));

    private StageResult Execute(StageStep step)
    {
        var started = _time.GetTimestamp();
        try
        {
            _ledger.Check(step);
            ApplyCommands(step);
            _ledger.CommitCommands();
            var result = step.Rows.IsDefaultOrEmpty ? new StageResult() : RunRows(step);
            return result with { ComputeSeconds = _time.GetElapsedTime(started).TotalSeconds };
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
            ref var sampler = ref _samplers[command.Sequence];
            if (command.Kind == SequenceCommandKind.Truncate)
            {
                _slice.Forget(command.Sequence, command.FromPosition);
                sampler?.Truncate(command.FromPosition);
                continue;
            }
            if (command.Kind == SequenceCommandKind.Copy)
            {
                _slice.Share(command.FromSequence, command.Sequence, 0, command.Positions);
                continue;
            }
            _slice.Forget(command.Sequence, 0);
            sampler?.Dispose();
            sampler = command.Kind == SequenceCommandKind.Open && _candidates is not null
                ? new SequenceSampler(_runtime, command.Sampling!, command.PenaltyTokens, command.Answer, _candidates, _slice.VocabularySize)
                : null;
        }
    }

    private StageResult RunRows(StageStep step)
    {
        using var errors = NativeLog.CaptureErrors();
        var rows = step.Rows.AsSpan();
        TensorBuffer? hidden = null;
        try
        {
            hidden = Info.IsLast ? null : TensorBuffer.Rent(rows.Length, Info.HiddenWidth);
            var status = _slice.Decode(rows, Embeddings(step), hidden);
            if (status != 0)
                throw new EngineException($"llama_decode returned {status}: {errors}");
            if (hidden is not null)
                CheckHidden(rows, hidden);
            var tokens = Info.IsLast ? Sample(rows) : [];
            _ledger.CommitRows();
            return new StageResult { Hidden = hidden, SampledTokens = tokens };
        }
        catch (Exception error)
        {
            hidden?.Dispose();
            RollBack(rows);
            if (error is ModelFileException)
                throw;
            var engine = error as EngineException;
            throw new EngineException($"{_name}: step {step.StepNumber} failed: {error.Message}", error)
            {
                IsNotANumber = engine?.IsNotANumber ?? false,
                Slot = engine?.Slot,
            };
        }
    }

    // Here, where they are made, and not only where they arrive: what came in was finite, so the fault lies in this stage. llama.cpp
    // computes on with not-a-number and reports success. The last stage's logits are looked at where they are drawn from.
    private void CheckHidden(ReadOnlySpan<StepRow> rows, TensorBuffer hidden)
    {
        var bad = FiniteScan.IndexOfNonFinite(hidden.Values);
        if (bad < 0)
            return;
        var row = rows[bad / hidden.Width];
        throw new EngineException(
            $"position {row.Position} of slot {row.Sequence} came out of layer {Info.FirstLayer + Info.LayerCount - 1} with {hidden.Values[bad]} at index {bad % hidden.Width}, " +
            "though what came in was finite: the weights of these layers, or this device's memory, are damaged")
        {
            IsNotANumber = true,
            Slot = row.Sequence,
        };
    }

    private ReadOnlySpan<float> Embeddings(StageStep step)
    {
        if (_embeddings is null)
            return step.Hidden!.Values;
        var tokens = _tokens.AsSpan(0, step.Rows.Length);
        for (var row = 0; row < tokens.Length; row++)
            tokens[row] = step.Rows[row].Token;
        _embeddings.LookUp(tokens, _lookedUp);
        return _lookedUp.AsSpan(0, tokens.Length * _embeddings.Width);
    }

    private ImmutableArray<int> Sample(ReadOnlySpan<StepRow> rows)
    {
        var tokens = ImmutableArray.CreateBuilder<int>();
        for (var index = 0; index < rows.Length; index++)
        {
            var row = rows[index];
            if (!row.IsOutput)
                continue;
            var logits = _slice.Logits(index);
            LogitsObserver?.Invoke(row.Sequence, row.Position, logits);
            try
            {
                tokens.Add(_samplers[row.Sequence]!.Draw(logits, row.Position));
            }
            catch (EngineException error) when (error.IsNotANumber)
            {
                throw new EngineException(error.Message, error) { IsNotANumber = true, Slot = row.Sequence };
            }
        }
        return tokens.DrainToImmutable();
    }

    // llama.cpp may have stored a part of the rows. The ledger still says how long each sequence was before them.
    private void RollBack(ReadOnlySpan<StepRow> rows)
    {
        foreach (var row in rows)
        {
            var length = _ledger.Length(row.Sequence);
            if (row.Position != length)
                continue;
            _slice.Forget(row.Sequence, length);
            _samplers[row.Sequence]?.Truncate(length);
        }
    }

    private void Release()
    {
        foreach (var sampler in _samplers)
            sampler?.Dispose();
        _candidates?.Dispose();
        _slice.Dispose();
    }
}
