using System.Buffers.Binary;

namespace E2LLM.DataPlane.Wire;

/// <summary>Asks for the manifest, for the map of the pieces that are there, or for a piece.</summary>
/// <param name="Piece">As it came, so not checked; 0 where none is asked for.</param>
internal readonly record struct WeightsRequestFrame(FrameKind Kind, uint Number, int Piece)
{
    public void Write(Span<byte> frame)
    {
        frame.Clear();
        WireFormat.WritePrefix(frame, Kind);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[8..], Number);
        BinaryPrimitives.WriteInt32LittleEndian(frame[12..], Piece);
        WireFormat.Seal(frame);
    }

    /// <exception cref="InvalidDataException">Not such a request.</exception>
    public static WeightsRequestFrame Read(ReadOnlySpan<byte> frame)
    {
        var kind = WireFormat.ReadKind(frame);
        return kind is FrameKind.GetManifest or FrameKind.GetMap or FrameKind.GetPiece
            ? new WeightsRequestFrame(kind, BinaryPrimitives.ReadUInt32LittleEndian(frame[8..]), BinaryPrimitives.ReadInt32LittleEndian(frame[12..]))
            : throw new InvalidDataException($"Frame kind {(ushort)kind} came where weights could be asked for.");
    }
}
