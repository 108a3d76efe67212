using System.Collections.Immutable;
using E2LLM.Core.Engines;
using E2LLM.Core.HandOff;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Protocols.HandOff;

namespace E2LLM.Scheduling.Protocols.Parts;

/// <summary>A part of a request as its replica sees it: what goes to its reader, and the times, in seconds since it joined the queue.</summary>
/// <remarks>
/// The updates have no bound of their own and need none: an answer is at most as many tokens as the KV budget granted. So a slow reader
/// never holds up the step loop.
/// </remarks>
public sealed class PartState(
    string readerId, long ticket, GenerationRequest request, RunMode mode, ImmutableArray<KvSource> sources, ReplicaPlan plan, string replica, double nowSeconds)
{
    private readonly double[] _prefillSeconds = new double[plan.Stages.Length];
    private readonly double[] _decodeSeconds = new double[plan.Stages.Length];
    private readonly double _queuedSeconds = nowSeconds;
    private double? _prefillStartSeconds;
    private double? _prefillEndSeconds;
    private double? _decodeStartSeconds;
    private double? _firstTokenSeconds;
    private double? _lastTokenSeconds;
    private int _tokens;
    private int _tokensBefore = request.Answer.Length;

    public string ReaderId => readerId;

    public long Ticket => ticket;

    public GenerationRequest Request => request;

    public string RequestId => request.Id;

    /// <summary>Tokens that are read before the first one is sampled: the prompt, and the answer that others have begun.</summary>
    public int ReadTokens => request.PromptTokens.Length + request.Answer.Length;

    public PartFeed Feed { get; } = new();

    /// <summary>Set where the prompt is handed on.</summary>
    public HeldCache? Held { get; } = mode == RunMode.PrefillOnly ? new HeldCache() : null;

    /// <summary>Set where the prompt is read elsewhere.</summary>
    public AwaitedCache? Awaited { get; } = mode == RunMode.DecodeOnly ? new AwaitedCache(sources) : null;

    /// <summary>When the reader was last heard of, on the replica's clock.</summary>
    public double HeardSeconds { get; set; } = nowSeconds;

    /// <summary>Decode: the token that was sampled where the prompt was read; known once the cache has come.</summary>
    public int FirstToken { get; set; }

    public bool HasEnded => Feed.HasEnded;

    /// <summary>As the part ended; null before.</summary>
    public RequestTimeline? Times { get; private set; }

    public void Started(double nowSeconds)
    {
        _prefillStartSeconds ??= nowSeconds - _queuedSeconds;
        if (Held is not null)
            Feed.Append(new PartUpdate { Sources = [.. plan.Stages.Select(stage => new KvSource(stage.DeviceId, stage.FirstLayer, stage.LayerCount))] });
    }

    /// <summary>So many tokens of the answer have been written elsewhere.</summary>
    public void ContinueAfter(int tokens) => _tokensBefore = tokens;

    /// <summary>The KV cache is here.</summary>
    public void TookIn(int answerTokens, double nowSeconds)
    {
        ContinueAfter(answerTokens);
        _decodeStartSeconds = nowSeconds - _queuedSeconds;
    }

    /// <summary>A slot waits for the cache.</summary>
    public void Announce(KvReception reception) => Feed.Append(new PartUpdate { Reception = reception });

    /// <summary>A step with rows of the request is done.</summary>
    public void Ran(bool isPrefill, ImmutableArray<StageTrace> trace)
    {
        var seconds = isPrefill ? _prefillSeconds : _decodeSeconds;
        for (var stage = 0; stage < trace.Length && stage < seconds.Length; stage++)
            seconds[stage] += trace[stage].ComputeSeconds;
    }

    /// <summary>The step with the prompt's last rows is done. A prompt that is read again after that changes nothing.</summary>
    public void PromptRead(double nowSeconds) => _prefillEndSeconds ??= nowSeconds - _queuedSeconds;

    public void Deliver(TokenChunk chunk, double nowSeconds)
    {
        if (chunk.Tokens.Length > 0)
        {
            _tokens += chunk.Tokens.Length;
            _lastTokenSeconds = nowSeconds - _queuedSeconds;
            _firstTokenSeconds ??= _lastTokenSeconds;
        }
        if (chunk.Finish is null)
            Feed.Append(new PartUpdate { Chunk = chunk });
        else
            End(chunk, nowSeconds);
    }

    /// <summary>Others write the answer.</summary>
    public void Release(double nowSeconds) => End(new TokenChunk { FirstIndex = _tokensBefore + _tokens }, nowSeconds);

    public void Fail(RequestFailure failure, double nowSeconds) =>
        End(new TokenChunk { FirstIndex = _tokensBefore + _tokens, Finish = FinishReason.Failed, Failure = failure }, nowSeconds);

    public void Cancel(double nowSeconds) =>
        End(new TokenChunk { FirstIndex = _tokensBefore + _tokens, Finish = FinishReason.Cancelled }, nowSeconds);

    private void End(TokenChunk chunk, double nowSeconds)
    {
        Held?.End();
        Times = Timeline(nowSeconds - _queuedSeconds);
        Feed.Append(new PartUpdate { Chunk = chunk with { Timeline = Times } });
    }

    private RequestTimeline Timeline(double doneSeconds) => new()
    {
        AcceptedAt = default,
        QueuedSeconds = 0,
        PrefillStartSeconds = _prefillStartSeconds,
        PrefillEndSeconds = _prefillEndSeconds,
        FirstTokenSeconds = _firstTokenSeconds,
        LastTokenSeconds = _lastTokenSeconds,
        DoneSeconds = doneSeconds,
        DecodeStartSeconds = _decodeStartSeconds,
        PromptTokens = request.PromptTokens.Length,
        GeneratedTokens = _tokens,
        Replica = replica,
        Devices =
        [
            .. plan.Stages.Select((stage, index) => new DeviceTime(
                stage.DeviceId, stage.FirstLayer, stage.LayerCount, _prefillSeconds[index], _decodeSeconds[index])),
        ],
    };
}
