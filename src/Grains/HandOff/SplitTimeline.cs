using E2LLM.Core.HandOff;
using E2LLM.Core.Requests;

namespace E2LLM.Grains.HandOff;

/// <summary>Collects the times of a request that two replicas serve, in seconds since it was given to the first.</summary>
/// <param name="prefillKey">Grain key of the replica that reads the prompt.</param>
/// <param name="time">Clock of the request.</param>
internal sealed class SplitTimeline(string prefillKey, TimeProvider time)
{
    private readonly long _startedAt = time.GetTimestamp();
    private RequestTimeline? _prefill;
    private RequestTimeline? _decoder;
    private double? _beganSeconds;
    private double? _firstTokenSeconds;
    private double _decoderQueuedSeconds;
    private double? _sentSeconds;
    private KvSendReport _sent;

    private double NowSeconds => time.GetElapsedTime(_startedAt).TotalSeconds;

    public void PrefillBegan() => _beganSeconds ??= NowSeconds;

    public void FromPrefill(TokenChunk chunk)
    {
        if (chunk.Tokens.Length > 0)
            _firstTokenSeconds ??= NowSeconds;
        _prefill = chunk.Timeline ?? _prefill;
    }

    public void EndedPrefill(RequestTimeline times) => _prefill ??= times;

    /// <summary>A decoder that has written nothing had no part in it.</summary>
    public void EndedDecoder(RequestTimeline times) => _decoder ??= times.LastTokenSeconds is null ? null : times;

    public void DecoderQueued() => _decoderQueuedSeconds = NowSeconds;

    public void Sent(KvSendReport report) => (_sent, _sentSeconds) = (report, NowSeconds);

    public void FromDecoder(TokenChunk chunk) => _decoder = chunk.Timeline ?? _decoder;

    /// <remarks>
    /// The decoder counts from its own queue, and the message that put the request there took a while: what follows something is never
    /// given an earlier time than that.
    /// </remarks>
    /// <param name="wasHandedOn">Whether the decoder took the cache in.</param>
    public RequestTimeline? Merge(bool wasHandedOn)
    {
        if (_decoder is not { } decoder)
            return _prefill;
        var shifted = decoder with
        {
            QueuedSeconds = _decoderQueuedSeconds,
            PrefillStartSeconds = _decoderQueuedSeconds + decoder.PrefillStartSeconds,
            PrefillEndSeconds = _decoderQueuedSeconds + decoder.PrefillEndSeconds,
            FirstTokenSeconds = _decoderQueuedSeconds + decoder.FirstTokenSeconds,
            LastTokenSeconds = _decoderQueuedSeconds + decoder.LastTokenSeconds,
            DecodeStartSeconds = Later(_sentSeconds, _decoderQueuedSeconds + decoder.DecodeStartSeconds),
        };
        if ((_prefill ?? (wasHandedOn ? Observed(decoder) : null)) is not { } prefill)
            return shifted;
        return prefill with
        {
            // A reader that was lost half-way leaves these to the decoder.
            PrefillEndSeconds = prefill.PrefillEndSeconds ?? shifted.PrefillEndSeconds,
            FirstTokenSeconds = prefill.FirstTokenSeconds ?? shifted.FirstTokenSeconds,
            DecoderSlotSeconds = shifted.PrefillStartSeconds,
            LastTokenSeconds = shifted.LastTokenSeconds is { } seconds ? Later(shifted.DecodeStartSeconds, seconds) : prefill.LastTokenSeconds,
            DoneSeconds = NowSeconds,
            KvSentSeconds = _sentSeconds,
            DecodeStartSeconds = shifted.DecodeStartSeconds,
            KvBytes = _sent.Bytes,
            KvTransferSeconds = _sentSeconds is null ? null : _sent.Seconds,
            DecoderReplica = decoder.Replica,
            Devices = [.. prefill.Devices, .. decoder.Devices],
        };
    }

    /// <summary>What was seen of a prefill side that did its part and was not heard of again: all but its devices' shares.</summary>
    private RequestTimeline Observed(RequestTimeline decoder) => new()
    {
        AcceptedAt = default,
        QueuedSeconds = 0,
        PrefillStartSeconds = _beganSeconds,
        PrefillEndSeconds = _firstTokenSeconds,
        FirstTokenSeconds = _firstTokenSeconds,
        LastTokenSeconds = _firstTokenSeconds,
        PromptTokens = decoder.PromptTokens,
        Replica = string.Join('/', prefillKey.Split('/')[^2..]),
    };

    private static double? Later(double? first, double? second) => first > second ? first : second;
}
