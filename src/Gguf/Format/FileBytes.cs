using E2LLM.Core.Errors;
using Microsoft.Win32.SafeHandles;

namespace E2LLM.Gguf.Format;

/// <summary>A file that is open. Asks the open file and not its name, which may be another file's by now.</summary>
internal sealed class FileBytes : IPartBytes
{
    private readonly SafeFileHandle _handle;

    /// <exception cref="IOException">It cannot be opened.</exception>
    public FileBytes(string path)
    {
        Path = path;
        _handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.RandomAccess);
        try
        {
            LengthBytes = RandomAccess.GetLength(_handle);
            WrittenAt = File.GetLastWriteTimeUtc(_handle);
        }
        catch
        {
            _handle.Dispose();
            throw;
        }
    }

    public string Path { get; }

    public long LengthBytes { get; }

    public DateTime WrittenAt { get; }

    public int Read(long offsetBytes, Span<byte> destination) => RandomAccess.Read(_handle, destination, offsetBytes);

    /// <summary>Takes some microseconds.</summary>
    public void RequireUnchanged()
    {
        if (RandomAccess.GetLength(_handle) is var length && length != LengthBytes)
            throw Changed($"it had {LengthBytes} bytes and has {length}");
        if (File.GetLastWriteTimeUtc(_handle) is var writtenAt && writtenAt != WrittenAt)
            throw Changed($"it was written to at {writtenAt:u}");
    }

    public void Dispose() => _handle.Dispose();

    private ModelFileException Changed(string how) => FileFault.InFile(
        Path, $"the file was changed while it was in use: {how}. Start anew to serve what it holds now, or put the former file back with its time, as cp -p does.");
}
