namespace E2LLM.DataPlane.Wire;

/// <summary>The first frame of a connection: which transfer it is for, and the proof that its sender may fill it.</summary>
internal static class HelloFrame
{
    private const int IdAt = 8;
    private const int TokenAt = IdAt + 16;

    public static void Write(Span<byte> frame, Guid transferId, ReadOnlySpan<byte> token)
    {
        WireFormat.WritePrefix(frame, FrameKind.Hello);
        transferId.TryWriteBytes(frame[IdAt..]);
        token.CopyTo(frame.Slice(TokenAt, WireFormat.TokenBytes));
        WireFormat.Seal(frame);
    }

    /// <returns>The transfer and the token within <paramref name="frame"/>.</returns>
    /// <exception cref="InvalidDataException">Not a Hello.</exception>
    public static (Guid TransferId, ReadOnlyMemory<byte> Token) Read(ReadOnlyMemory<byte> frame)
    {
        var kind = WireFormat.ReadKind(frame.Span);
        return kind == FrameKind.Hello
            ? (new Guid(frame.Span.Slice(IdAt, TokenAt - IdAt)), frame.Slice(TokenAt, WireFormat.TokenBytes))
            : throw new InvalidDataException($"A connection begins with frame kind {(ushort)kind} instead of Hello.");
    }
}
