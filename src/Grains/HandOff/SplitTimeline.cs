using E2LLM.Core.HandOff;
using E2LLM.Core.Requests;

namespace E2LLM.Grains.HandOff;

/// <summary>Collects the times of a request that two replicas serve, in seconds since it was given to the first.</summary>
internal sealed class SplitTimeline(TimeProvider time)
{
    private readonly long _startedAt = time.GetTimestamp();
    private double _decoderQueuedSeconds;
    private double? _sentSeconds;
    private KvSendReport _sent;

    /// <summary>Of the replica that reads the prompt, once its part is done.</summary>
    public RequestTimeline? Prefill { get; set; }

    private double NowSeconds => time.GetElapsedTime(_startedAt).TotalSeconds;

    public void DecoderQueued() => _decoderQueuedSeconds = NowSeconds;

    public void Sent(KvSendReport report) => (_sent, _sentSeconds) = (report, NowSeconds);

    /// <remarks>
    /// The decoder counts from its own queue, and the message that put the request there took a while: what follows something is never
    /// given an earlier time than that.
    /// </remarks>
    /// <param name="last">Of the replica that ended the answer.</param>
    public RequestTimeline? Merge(RequestTimeline? last)
    {
        if (last is not { } decoder || ReferenceEquals(last, Prefill))
            return Prefill;
        var shifted = decoder with
        {
            QueuedSeconds = _decoderQueuedSeconds,
            PrefillStartSeconds = _decoderQueuedSeconds + decoder.PrefillStartSeconds,
            PrefillEndSeconds = _decoderQueuedSeconds + decoder.PrefillEndSeconds,
            FirstTokenSeconds = _decoderQueuedSeconds + decoder.FirstTokenSeconds,
            LastTokenSeconds = _decoderQueuedSeconds + decoder.LastTokenSeconds,
            DecodeStartSeconds = Later(_sentSeconds, _decoderQueuedSeconds + decoder.DecodeStartSeconds),
        };
        if (Prefill is not { } prefill)
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

    private static double? Later(double? first, double? second) => first > second ? first : second;
}
