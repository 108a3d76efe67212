using System.Security.Cryptography;
using E2LLM.Gguf.Format;

namespace E2LLM.Gguf.Store;

/// <summary>Hashes files of any size with a small buffer, off the caller's thread: some gigabytes take seconds of pure arithmetic.</summary>
internal static class FileHasher
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Lower-case hex SHA-256 of a file by its name.</summary>
    public static Task<string> Sha256Async(string path, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            using var handle = File.OpenHandle(path, share: FileShare.Read | FileShare.Delete, options: FileOptions.SequentialScan);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            Append(hash, RandomAccess.GetLength(handle), (offset, piece) => RandomAccess.Read(handle, piece, offset), cancellationToken);
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        },
        cancellationToken);

    /// <summary>Lower-case hex SHA-256 of the file that is open, whatever bears its name by now; of the parts of a split model, one after another.</summary>
    public static Task<string> Sha256Async(GgufFile file, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var part in file.Parts)
                Append(hash, part.LengthBytes, (offset, piece) => Fill(part, offset, piece), cancellationToken);
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        },
        cancellationToken);

    private static int Fill(GgufPart part, long offset, Span<byte> piece)
    {
        part.Read(offset, piece);
        return piece.Length;
    }

    private static void Append(IncrementalHash hash, long lengthBytes, Func<long, Span<byte>, int> read, CancellationToken cancellationToken)
    {
        var buffer = new byte[PieceBytes];
        for (var offset = 0L; offset < lengthBytes;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = read(offset, buffer.AsSpan(0, (int)Math.Min(buffer.Length, lengthBytes - offset)));
            if (count == 0)
                break;
            hash.AppendData(buffer, 0, count);
            offset += count;
        }
    }
}
