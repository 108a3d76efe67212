using E2LLM.Core.Kv;

namespace E2LLM.DataPlane.Receiving;

/// <summary>What a receiver is ready to take from one sender: everything beyond is refused before any memory is rented.</summary>
public sealed record KvTransferSpec
{
    /// <summary>First layer, of the whole model, from 0.</summary>
    public required int FirstLayer { get; init; }

    /// <summary>Layers; each has to come whole. At least 1.</summary>
    public required int LayerCount { get; init; }

    /// <summary>Positions that the sequence may have; the sender says at the end how many it has. At least 1.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Upper bound of the bytes of one position's K in a layer.</summary>
    public required int MaxKRowBytes { get; init; }

    /// <summary>Upper bound of the bytes of one position's V in a layer.</summary>
    public required int MaxVRowBytes { get; init; }

    /// <summary>Bytes of all blocks together. Default: null, which is what the other bounds allow.</summary>
    public long? MaxTotalBytes { get; init; }

    /// <summary>Seconds until everything is freed, unless the lease is renewed. More than 0, at most a day.</summary>
    public required double LeaseSeconds { get; init; }

    /// <exception cref="ArgumentOutOfRangeException">A bound makes no sense.</exception>
    internal void ThrowIfInvalid()
    {
        const double maxLeaseSeconds = 24 * 3600;
        ArgumentOutOfRangeException.ThrowIfNegative(FirstLayer);
        ArgumentOutOfRangeException.ThrowIfLessThan(LayerCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(LayerCount, int.MaxValue - FirstLayer);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPositions, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxKRowBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxVRowBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxTotalBytes ?? 0, nameof(MaxTotalBytes));
        if (LeaseSeconds is not (> 0 and <= maxLeaseSeconds))
            throw new ArgumentOutOfRangeException(nameof(LeaseSeconds), LeaseSeconds, $"More than 0, at most {maxLeaseSeconds}.");
    }

    /// <summary>Whether a block may be taken at all; all sums in 64 bits, for the figures come from a peer.</summary>
    internal bool Allows(KvBlockHeader block) =>
        block.Layer >= FirstLayer && block.Layer < FirstLayer + LayerCount
        && block.FirstPosition >= 0 && block.Rows >= 1 && (long)block.FirstPosition + block.Rows <= MaxPositions
        && block.KRowBytes >= 0 && block.KRowBytes <= MaxKRowBytes
        && block.VRowBytes >= 0 && block.VRowBytes <= MaxVRowBytes
        && block.Rows * ((long)block.KRowBytes + block.VRowBytes) <= KvBlock.MaxBytes;
}
