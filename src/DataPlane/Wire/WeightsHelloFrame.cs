namespace E2LLM.DataPlane.Wire;

/// <summary>The first frame of a connection that asks for weights: the root of the manifest, which only who belongs to the fog has been told, or who has the model.</summary>
internal static class WeightsHelloFrame
{
    private const int RootAt = 24;
    public const int RootBytes = 32;

    public static void Write(Span<byte> frame, ReadOnlySpan<byte> root)
    {
        frame.Clear();
        WireFormat.WritePrefix(frame, FrameKind.WeightsHello);
        root.CopyTo(frame.Slice(RootAt, RootBytes));
        WireFormat.Seal(frame);
    }

    /// <returns>The root within <paramref name="frame"/>, which is known to be of this kind.</returns>
    public static ReadOnlySpan<byte> Read(ReadOnlySpan<byte> frame) => frame.Slice(RootAt, RootBytes);
}
