using System.Security.Cryptography;
using E2LLM.Core.Errors;
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
            var buffer = new byte[PieceBytes];
            for (var offset = 0L; ;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var count = RandomAccess.Read(handle, buffer, offset);
                if (count == 0)
                    break;
                hash.AppendData(buffer, 0, count);
                offset += count;
            }
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        },
        cancellationToken);

    /// <summary>
    /// Lower-case hex SHA-256 of the file that is open, whatever bears its name by now; of the parts of a split model, one after
    /// another. Since every byte passes by, the weights are looked at on the way.
    /// </summary>
    /// <exception cref="ModelFileException">A weight is NaN or infinite; the message names the tensor.</exception>
    public static Task<string> CheckedSha256Async(GgufFile file, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[PieceBytes];
            for (var index = 0; index < file.Parts.Length; index++)
            {
                var part = file.Parts[index];
                var done = 0L;
                foreach (var tensor in file.Tensors.Where(tensor => tensor.Part == index))
                {
                    Append(hash, part, done, tensor.OffsetBytes, buffer, cancellationToken);
                    AppendTensor(hash, file, tensor, buffer, cancellationToken);
                    done = tensor.OffsetBytes + tensor.LengthBytes;
                }
                Append(hash, part, done, part.LengthBytes, buffer, cancellationToken);
            }
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        },
        cancellationToken);

    private static void Append(IncrementalHash hash, GgufPart part, long from, long to, byte[] buffer, CancellationToken cancellationToken)
    {
        while (from < to)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, to - from));
            part.Read(from, piece);
            hash.AppendData(piece);
            from += piece.Length;
        }
    }

    private static void AppendTensor(IncrementalHash hash, GgufFile file, GgufTensor tensor, byte[] buffer, CancellationToken cancellationToken)
    {
        var traits = GgmlTypeTraits.Of(tensor.Type);
        var blocks = 0L;
        var wholeBlocks = buffer.AsMemory(0, buffer.Length / traits.BlockBytes * traits.BlockBytes);
        file.StreamTensor(
            tensor,
            wholeBlocks,
            piece =>
            {
                hash.AppendData(piece.Span);
                if (WeightScan.IndexOfBadBlock(tensor.Type, piece.Span) is var bad and >= 0)
                    throw file.Fault(tensor,
                        $"the tensor '{tensor.Name}' has a weight that is NaN or infinite at element {(blocks + bad) * traits.BlockElements} or shortly after it: the file is damaged");
                blocks += piece.Length / traits.BlockBytes;
            },
            cancellationToken);
    }
}
