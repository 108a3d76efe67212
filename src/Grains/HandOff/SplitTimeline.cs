using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.HandOff;

namespace E2LLM.Grains.HandOff;

/// <summary>Collects the times of a request that two replicas serve, in seconds since it was given to the first.</summary>
internal sealed class SplitTimeline(TimeProvider time)
{
    private readonly long _startedAt = time.GetTimestamp();
    private double _decoderQueuedSeconds;
    private double? _sentSeconds;
    private double? _decodeStartSeconds;
    private KvSendReport _sent;

    /// <summary>Of the replica that reads the prompt, once its part is done.</summary>
    public RequestTimeline? Prefill { get; set; }

    private double NowSeconds => time.GetElapsedTime(_startedAt).TotalSeconds;

    public void DecoderQueued() => _decoderQueuedSeconds = NowSeconds;

    public void Sent(KvSendReport report) => (_sent, _sentSeconds) = (report, NowSeconds);

    public void DecodeStarted() => _decodeStartSeconds = NowSeconds;

    /// <param name="last">Of the replica that ended the answer.</param>
    public RequestTimeline? Merge(RequestTimeline? last)
    {
        if (last is not { } decoder || ReferenceEquals(last, Prefill))
            return Prefill;
        var shifted = decoder with
        {
            QueuedSeconds = _decoderQueuedSeconds,
            PrefillStartSeconds = _decoderQueuedSeconds + decoder.PrefillStartSeconds,
            FirstTokenSeconds = _decoderQueuedSeconds + decoder.FirstTokenSeconds,
            LastTokenSeconds = _decoderQueuedSeconds + decoder.LastTokenSeconds,
        };
        if (Prefill is not { } prefill)
            return shifted;
        return prefill with
        {
            LastTokenSeconds = shifted.LastTokenSeconds ?? prefill.LastTokenSeconds,
            DoneSeconds = NowSeconds,
            KvSentSeconds = _sentSeconds,
            DecodeStartSeconds = _decodeStartSeconds,
            KvBytes = _sent.Bytes,
            KvTransferSeconds = _sentSeconds is null ? null : _sent.Seconds,
            DecoderReplica = decoder.Replica,
            Devices = [.. prefill.Devices, .. decoder.Devices],
        };
    }
}
