using System.Buffers;
using System.Runtime.InteropServices;

namespace E2LLM.Core.Buffers;

/// <summary>
/// Rows of F32 values on their way between two stages: row-major, [rows, width]. Memory is pooled.
/// </summary>
/// <remarks>
/// Exactly one owner at a time: whoever receives one disposes it. A local grain call shares the object and a remote one makes a
/// copy; in both cases the callee owns it from the moment of the call, and the caller must not touch it again.
/// </remarks>
[Immutable]
public sealed class TensorBuffer : IDisposable
{
    /// <summary>Frames above this are refused before anything is allocated. The plan's step limit is far below it.</summary>
    public const int MaxBytes = 64 << 20;

    // A dedicated pool: the shared one would keep copies per thread, and hidden states come in few sizes.
    private static readonly ArrayPool<byte> Pool = ArrayPool<byte>.Create(MaxBytes, 32);

    private byte[]? _bytes;

    private TensorBuffer(byte[] bytes, int rows, int width)
    {
        _bytes = bytes;
        Rows = rows;
        Width = width;
    }

    public int Rows { get; }

    /// <summary>Values in a row.</summary>
    public int Width { get; }

    public int LengthBytes => Rows * Width * sizeof(float);

    /// <exception cref="ObjectDisposedException">The buffer has been handed back.</exception>
    public Span<float> Values => MemoryMarshal.Cast<byte, float>(Bytes);

    public Span<byte> Bytes
    {
        get
        {
            var bytes = _bytes;
            ObjectDisposedException.ThrowIf(bytes is null, this);
            return bytes.AsSpan(0, LengthBytes);
        }
    }

    /// <summary>A buffer with unspecified contents.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or above <see cref="MaxBytes"/>.</exception>
    public static TensorBuffer Rent(int rows, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(width);
        // Values, not bytes: the bytes of the largest shape overflow 64 bits.
        var values = (long)rows * width;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(values, MaxBytes / sizeof(float), nameof(rows));
        return new TensorBuffer(Pool.Rent(Math.Max(1, (int)values * sizeof(float))), rows, width);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, null) is { } bytes)
            Pool.Return(bytes);
    }
}
