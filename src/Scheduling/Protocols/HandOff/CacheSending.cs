using E2LLM.Core.Errors;
using E2LLM.Core.HandOff;

namespace E2LLM.Scheduling.Protocols.HandOff;

/// <summary>One sending of a held cache, chunk by chunk as the prompt is read: which positions go next.</summary>
/// <param name="held">What is sent. A prompt that is read again makes the sending void.</param>
/// <param name="maxPositions">Positions that go at once: a prompt that was read long before its decoder has room may be of any length.</param>
public sealed class CacheSending(HeldCache held, int maxPositions)
{
    private readonly int _reading = held.Readings;
    private int _sent;
    private long _bytes;
    private double _seconds;

    /// <summary>What has gone, once everything has.</summary>
    public KvSendReport Report => new(_bytes, _seconds);

    public bool IsComplete { get; private set; }

    /// <summary>The next positions to send; null while there are none.</summary>
    /// <exception cref="KvTransferException">The sending is void.</exception>
    public CacheChunk? Next()
    {
        held.ThrowIfVoid(_reading);
        if (held.Positions <= _sent)
            return null;
        var to = Math.Min(held.Positions, _sent + maxPositions);
        return new CacheChunk(held.Sequence, _sent, to, held.IsWhole && to == held.Positions);
    }

    /// <summary>A chunk has left.</summary>
    /// <param name="chunk">The latest one that <see cref="Next"/> gave out.</param>
    /// <param name="bytes">Of all stages.</param>
    /// <param name="seconds">Of the slowest stage.</param>
    /// <exception cref="KvTransferException">The sending has become void meanwhile.</exception>
    public void Sent(CacheChunk chunk, long bytes, double seconds)
    {
        _bytes += bytes;
        _seconds += seconds;
        held.ThrowIfVoid(_reading);
        _sent = chunk.ToPosition;
        IsComplete = chunk.IsLast;
    }
}
