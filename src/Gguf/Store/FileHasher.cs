using System.Security.Cryptography;

namespace E2LLM.Gguf.Store;

/// <summary>Hashes files of any size with a small buffer.</summary>
internal static class FileHasher
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Lower-case hex SHA-256.</summary>
    public static async Task<string> Sha256Async(string path, CancellationToken cancellationToken)
    {
        await using var stream = new FileStream(path, new FileStreamOptions
        {
            Access = FileAccess.Read,
            Share = FileShare.Read | FileShare.Delete,
            Options = FileOptions.SequentialScan,
            BufferSize = 0,
        });
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[PieceBytes];
        // Off the caller's thread: a model of some gigabytes takes seconds of pure arithmetic.
        return await Task.Run(
            () =>
            {
                while (stream.Read(buffer) is var read and > 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    hash.AppendData(buffer, 0, read);
                }
                return Convert.ToHexStringLower(hash.GetHashAndReset());
            },
            cancellationToken);
    }
}
