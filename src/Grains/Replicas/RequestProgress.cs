using System.Collections.Immutable;
using System.Threading.Channels;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Grains.HandOff;
using E2LLM.Grains.Interfaces.HandOff;
using E2LLM.Grains.Interfaces.Stages;

namespace E2LLM.Grains.Replicas;

/// <summary>
/// A request as its replica sees it: the channel to its reader and the times, in seconds since it joined the queue.
/// </summary>
/// <remarks>
/// The channel has no bound of its own and needs none: an answer is at most as many tokens as the KV budget granted. So a slow reader
/// never holds up the step loop.
/// </remarks>
internal sealed class RequestProgress(GenerationRequest request, ReplicaPlan plan, string replicaKey, long queuedAt)
{
    private readonly Channel<PartUpdate> _updates = Channel.CreateUnbounded<PartUpdate>(new() { SingleReader = true });
    private readonly double[] _prefillSeconds = new double[plan.Stages.Length];
    private readonly double[] _decodeSeconds = new double[plan.Stages.Length];
    private double? _prefillStartSeconds;
    private double? _prefillEndSeconds;
    private double? _decodeStartSeconds;
    private double? _firstTokenSeconds;
    private double? _lastTokenSeconds;
    private int _tokens;
    private int _tokensBefore;

    public GenerationRequest Request => request;

    public ChannelReader<PartUpdate> Updates => _updates.Reader;

    /// <summary>Set where the prompt is handed on.</summary>
    public HeldKv? Held { get; init; }

    /// <summary>Set where the prompt is read elsewhere.</summary>
    public AwaitedKv? Awaited { get; init; }

    /// <summary>Timestamp of the clock that all the seconds are counted from.</summary>
    public long QueuedAt { get; } = queuedAt;

    /// <summary>Timestamp of when the request's grain was last heard of.</summary>
    public long HeardAt { get; set; } = queuedAt;

    /// <summary>Whether the last chunk has been given out.</summary>
    public bool IsDone { get; private set; }

    public void Started(double seconds)
    {
        _prefillStartSeconds ??= seconds;
        if (Held is not null)
            Tell(new PartUpdate { Sources = [.. plan.Stages.Select(stage => new KvSource(stage.DeviceId, stage.FirstLayer, stage.LayerCount))] });
    }

    /// <summary>So many tokens of the answer have been written elsewhere.</summary>
    public void ContinueAfter(int tokens) => _tokensBefore = tokens;

    /// <summary>The KV cache is here.</summary>
    public void TookIn(double seconds)
    {
        ContinueAfter(1);
        _decodeStartSeconds = seconds;
    }

    public void Tell(PartUpdate update) => _updates.Writer.TryWrite(update);

    public void Ran(bool isPrefill, ImmutableArray<StageTrace> trace)
    {
        var seconds = isPrefill ? _prefillSeconds : _decodeSeconds;
        for (var stage = 0; stage < trace.Length && stage < seconds.Length; stage++)
            seconds[stage] += trace[stage].ComputeSeconds;
    }

    /// <summary>The step with the prompt's last rows is done. A prompt that is read again after that changes nothing.</summary>
    public void PromptRead(double seconds) => _prefillEndSeconds ??= seconds;

    public void Deliver(TokenChunk chunk, double seconds)
    {
        if (chunk.Tokens.Length > 0)
        {
            _tokens += chunk.Tokens.Length;
            _firstTokenSeconds ??= seconds;
            _lastTokenSeconds = seconds;
        }
        if (chunk.Finish is null)
        {
            Tell(new PartUpdate { Chunk = chunk });
            return;
        }
        End(chunk, seconds);
    }

    /// <summary>Others write the answer.</summary>
    public void Release(double seconds) => End(new TokenChunk { FirstIndex = _tokens }, seconds);

    public void Fail(RequestFailure failure, double seconds) =>
        Deliver(new TokenChunk { FirstIndex = _tokensBefore + _tokens, Finish = FinishReason.Failed, Failure = failure }, seconds);

    private void End(TokenChunk chunk, double seconds)
    {
        IsDone = true;
        Tell(new PartUpdate { Chunk = chunk with { Timeline = Timeline(seconds) } });
        _updates.Writer.Complete();
    }

    private RequestTimeline Timeline(double seconds) => new()
    {
        AcceptedAt = default,
        QueuedSeconds = 0,
        PrefillStartSeconds = _prefillStartSeconds,
        PrefillEndSeconds = _prefillEndSeconds,
        FirstTokenSeconds = _firstTokenSeconds,
        LastTokenSeconds = _lastTokenSeconds,
        DoneSeconds = seconds,
        DecodeStartSeconds = _decodeStartSeconds,
        PromptTokens = request.PromptTokens.Length,
        GeneratedTokens = _tokens,
        Replica = replicaKey,
        Devices =
        [
            .. plan.Stages.Select((stage, index) => new DeviceTime(
                stage.DeviceId, stage.FirstLayer, stage.LayerCount, _prefillSeconds[index], _decodeSeconds[index])),
        ],
    };
}
