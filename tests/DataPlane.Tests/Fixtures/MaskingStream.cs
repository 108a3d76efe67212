namespace E2LLM.DataPlane.Tests.Fixtures;

/// <summary>Stands in for TLS: what goes over the inner stream is not what was written, and both sides need it.</summary>
internal sealed class MaskingStream(Stream inner) : Stream
{
    private const byte Mask = 0xA5;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        Flip(buffer.Span[..read]);
        return read;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var masked = buffer.ToArray();
        Flip(masked);
        await inner.WriteAsync(masked, cancellationToken);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    protected override void Dispose(bool disposing)
    {
        inner.Dispose();
        base.Dispose(disposing);
    }

    private static void Flip(Span<byte> bytes)
    {
        for (var index = 0; index < bytes.Length; index++)
            bytes[index] ^= Mask;
    }
}
