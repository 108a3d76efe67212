using E2LLM.Core.Errors;
using E2LLM.Core.Weights;
using E2LLM.Gguf.Format;

namespace E2LLM.Gguf.Weights;

/// <summary>A file of a model of which this machine may have some pieces only. Bytes that have not been checked cannot be read.</summary>
internal sealed class MirrorBytes(ModelMirror mirror, int file) : IPartBytes
{
    public string Path => $"{mirror.Manifest.Files[file].Name} ({mirror.Folder})";

    public long LengthBytes => mirror.Manifest.Files[file].LengthBytes;

    /// <summary>Pieces come and go, and each is known by its hash.</summary>
    public DateTime WrittenAt => default;

    /// <exception cref="E2LlmException">The piece is not on this machine.</exception>
    public int Read(long offsetBytes, Span<byte> destination)
    {
        if (offsetBytes >= LengthBytes)
            return 0;
        var piece = mirror.Manifest.PieceAt(file, offsetBytes);
        WeightsPiece place = mirror.Manifest.Piece(piece);
        var within = (int)(offsetBytes - place.OffsetBytes);
        var count = Math.Min(destination.Length, place.LengthBytes - within);
        mirror.Read(piece, within, destination[..count]);
        return count;
    }

    public void RequireUnchanged()
    {
        // What can be read has been checked.
    }

    public void Dispose()
    {
        // The model closes its mirror, which all of its files are in.
    }
}
