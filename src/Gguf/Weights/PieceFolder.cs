using System.Globalization;
using E2LLM.Core.Errors;
using Microsoft.Win32.SafeHandles;

namespace E2LLM.Gguf.Weights;

/// <summary>
/// Pieces on the disk, a file each: it bears its name once all of it is there, so a process may end at any time, and a piece that goes leaves
/// no hole. Thread-safe for different pieces; a piece may be read by many at once.
/// </summary>
internal sealed class PieceFolder(string folder) : IDisposable
{
    private const string Extension = ".piece";

    /// <summary>Files that are kept open: an embedding is read row by row, from anywhere in it.</summary>
    private const int MaxOpen = 128;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, SafeFileHandle> _open = [];
    private readonly Queue<int> _opened = new();

    /// <summary>What is there: number, bytes, and when it was last used.</summary>
    public IEnumerable<(int Piece, long Bytes, DateTime UsedAt)> Enumerate()
    {
        foreach (var file in Directory.CreateDirectory(folder).EnumerateFiles("*" + Extension))
            if (int.TryParse(Path.GetFileNameWithoutExtension(file.Name), NumberStyles.None, CultureInfo.InvariantCulture, out var piece))
                yield return (piece, file.Length, file.LastWriteTimeUtc);
    }

    /// <exception cref="E2LlmException">The disk is full, or does not take it.</exception>
    public void Write(int piece, ReadOnlySpan<byte> bytes)
    {
        var temporary = PathOf(piece) + ".tmp";
        try
        {
            using (var file = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write))
                RandomAccess.Write(file, bytes, 0);
            File.Move(temporary, PathOf(piece), overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new E2LlmException($"A piece of a model's weights cannot be kept in {folder}: {error.Message}", mayRetry: true, error);
        }
    }

    /// <summary>Fills the buffer.</summary>
    /// <exception cref="E2LlmException">The file is gone or too short.</exception>
    public void Read(int piece, long offsetBytes, Span<byte> destination)
    {
        while (true)
        {
            try
            {
                var handle = Open(piece);
                for (var done = 0; done < destination.Length;)
                {
                    var read = RandomAccess.Read(handle, destination[done..], offsetBytes + done);
                    done += read > 0 ? read : throw new EndOfStreamException($"{PathOf(piece)} ends early.");
                }
                return;
            }
            catch (ObjectDisposedException)
            {
                // Another reader's file has taken its place among the open ones meanwhile.
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new E2LlmException($"A piece of a model's weights cannot be read: {error.Message}", mayRetry: true, error);
            }
        }
    }

    public void Touch(int piece, DateTime now)
    {
        try
        {
            File.SetLastWriteTimeUtc(PathOf(piece), now);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Gone, or another's: it only tells which pieces go first.
        }
    }

    public void Delete(int piece)
    {
        lock (_gate)
            if (_open.Remove(piece, out var handle))
                handle.Dispose();
        try
        {
            File.Delete(PathOf(piece));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It is found again by the next process, and may be deleted then.
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var handle in _open.Values)
                handle.Dispose();
            _open.Clear();
            _opened.Clear();
        }
    }

    private SafeFileHandle Open(int piece)
    {
        lock (_gate)
        {
            if (_open.TryGetValue(piece, out var open))
                return open;
            while (_opened.Count >= MaxOpen)
                if (_open.Remove(_opened.Dequeue(), out var oldest))
                    oldest.Dispose();
            var handle = File.OpenHandle(PathOf(piece), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.RandomAccess);
            _open[piece] = handle;
            _opened.Enqueue(piece);
            return handle;
        }
    }

    private string PathOf(int piece) => Path.Combine(folder, piece.ToString("D5", CultureInfo.InvariantCulture) + Extension);
}
