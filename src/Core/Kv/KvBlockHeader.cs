namespace E2LLM.Core.Kv;

/// <summary>Which layer and which positions of a sequence's KV cache a block holds.</summary>
/// <param name="Layer">Layer of the whole model, from 0.</param>
/// <param name="FirstPosition">Position of the first row.</param>
/// <param name="Rows">Consecutive positions; at least 1.</param>
/// <param name="KRowBytes">Bytes of one position's K.</param>
/// <param name="VRowBytes">Bytes of one position's V.</param>
[GenerateSerializer, Alias("E2LLM.KvBlockHeader"), Immutable]
public readonly record struct KvBlockHeader(
    [property: Id(0)] int Layer,
    [property: Id(1)] int FirstPosition,
    [property: Id(2)] int Rows,
    [property: Id(3)] int KRowBytes,
    [property: Id(4)] int VRowBytes)
{
    public int LengthBytes => Rows * (KRowBytes + VRowBytes);

    /// <exception cref="ArgumentOutOfRangeException">A figure is negative, or the block above <see cref="KvBlock.MaxBytes"/>.</exception>
    public void ThrowIfInvalid()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Layer);
        ArgumentOutOfRangeException.ThrowIfNegative(FirstPosition);
        ArgumentOutOfRangeException.ThrowIfLessThan(Rows, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(KRowBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(VRowBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)Rows * ((long)KRowBytes + VRowBytes), KvBlock.MaxBytes, nameof(Rows));
    }
}
