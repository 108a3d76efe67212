using System.Collections.Concurrent;
using E2LLM.Core.Errors;
using E2LLM.Gguf.Models;
using E2LLM.Gguf.Slicing;
using E2LLM.Gguf.Weights;

namespace E2LLM.Gguf.Store;

/// <summary>
/// A directory of slices. A slice's file is named by its SHA-256 and written once: cut into a temporary file, flushed to the disk, then
/// renamed. Callers that want the same slice at the same time, in one process or in several, wait for one of them to cut it.
/// </summary>
public sealed class SliceStore : ISliceStore
{
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _gates = new();
    private readonly ConcurrentDictionary<FileStamp, string> _hashes = new();
    private readonly ConcurrentDictionary<string, bool> _given = new();
    private readonly string _slices;
    private readonly string _locks;
    private readonly string _directory;
    private readonly SliceIndex _index;
    private readonly Action<SliceStoreEvent> _onEvent;
    private readonly TimeProvider _time;

    /// <param name="directory">Created where it is missing. Its disk must have room for the slices that this machine serves.</param>
    /// <param name="onEvent">Called on the thread that did the work; must not throw.</param>
    /// <param name="time">Paces the wait for another process.</param>
    /// <exception cref="E2LlmException">The directory cannot be made.</exception>
    public SliceStore(string directory, Action<SliceStoreEvent>? onEvent = null, TimeProvider? time = null)
    {
        _directory = Path.GetFullPath(directory);
        _slices = Path.Combine(_directory, "slices");
        _locks = Path.Combine(_directory, "locks");
        var index = Path.Combine(_directory, "index");
        Guard(() =>
        {
            Directory.CreateDirectory(_slices);
            Directory.CreateDirectory(_locks);
            return Directory.CreateDirectory(index);
        });
        _index = new SliceIndex(index);
        _onEvent = onEvent ?? (_ => { });
        _time = time ?? TimeProvider.System;
    }

    public async Task<StoredSlice> GetAsync(ModelFile model, int firstLayer, int layerCount, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstLayer);
        ArgumentOutOfRangeException.ThrowIfLessThan(layerCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(layerCount, model.HyperParameters.LayerCount - firstLayer);
        var sourceSha = await GetSha256Async(model, cancellationToken);
        if (model.Mirror is { } mirror)
            _ = await mirror.HoldAsync(SlicePieces.Beside(mirror.Manifest, model, firstLayer), 0, "embedding", cancellationToken); // for good: it is read at any time
        var key = SliceIndex.KeyOf(sourceSha, firstLayer, layerCount);
        return await ExclusivelyAsync(
            key,
            async () =>
            {
                var path = await FindAsync(key, cancellationToken)
                    ?? await CutAsync(model, firstLayer, layerCount, sourceSha, key, cancellationToken);
                _index.Touch(key, _time.GetUtcNow());
                _given[path] = true;
                var sha = Path.GetFileNameWithoutExtension(path);
                return new StoredSlice(path, sha, new FileInfo(path).Length, sourceSha, firstLayer, layerCount);
            },
            cancellationToken);
    }

    public Task<string> GetSha256Async(ModelFile model, CancellationToken cancellationToken)
    {
        if (model.Mirror is { } mirror)
            return Task.FromResult(mirror.Manifest.Sha256); // whoever had the whole of it looked through the weights
        var stamp = FileStamp.Of(model.File);
        return ExclusivelyAsync(
            SliceIndex.KeyOf(stamp),
            async () =>
            {
                if (_hashes.TryGetValue(stamp, out var known))
                    return known;
                var sha = _index.FindSource(stamp);
                if (sha is null)
                {
                    sha = await FileHasher.CheckedSha256Async(model.File, cancellationToken);
                    model.File.RequireUnchanged();
                    _index.PutSource(stamp, sha);
                }
                _hashes[stamp] = sha;
                return sha;
            },
            cancellationToken);
    }

    public Task<long> TrimAsync(long maxBytes, TimeSpan maxIdle, IReadOnlyCollection<string> servedSha256, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        return Task.Run(
            () =>
            {
                var removed = 0L;
                Guard(() => removed = Trim(maxBytes, maxIdle, servedSha256, cancellationToken));
                return removed;
            },
            cancellationToken);
    }

    private long Trim(long maxBytes, TimeSpan maxIdle, IReadOnlyCollection<string> servedSha256, CancellationToken cancellationToken)
    {
        var shelf = SliceShelf.Read(_slices, _index);
        var removed = 0L;
        foreach (var slice in shelf.Surplus(maxBytes, maxIdle, servedSha256, _given.ContainsKey, _time.GetUtcNow()))
        {
            cancellationToken.ThrowIfCancellationRequested();
            removed += TryRemove(slice);
        }
        return removed;
    }

    // The file goes before its entries: an entry without a file is a slice that has to be cut, whatever happens in between.
    private long TryRemove(ShelvedSlice slice)
    {
        var locks = new List<IDisposable>();
        try
        {
            foreach (var key in slice.Keys)
            {
                if (LockFile.TryAcquire(Path.Combine(_locks, key + ".lock")) is not { } free)
                    return 0;
                locks.Add(free);
            }
            if (slice.Keys.Any(key => _index.UsedAt(key) > slice.UsedAt))
                return 0; // somebody was faster
            File.Delete(slice.Path);
            foreach (var key in slice.Keys)
                _index.RemoveSlice(key);
            _onEvent(new SliceStoreEvent(
                SliceStoreEventKind.Removed, slice.Path, $"{slice.Path} was last used at {slice.UsedAt:u} and made room for others"));
            return slice.Bytes;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return 0; // open in another process, on a system that keeps open files
        }
        finally
        {
            locks.ForEach(held => held.Dispose());
        }
    }

    // A slice that is on disk and whose bytes are right; null where it has to be cut.
    private async Task<string?> FindAsync(string key, CancellationToken cancellationToken)
    {
        if (_index.FindSlice(key) is not { } sha)
            return null;
        var path = Path.Combine(_slices, sha + ".gguf");
        if (FileStamp.Of(path) is not { } stamp)
            return null;
        if (_hashes.GetValueOrDefault(stamp) == sha)
            return path;
        var actual = await FileHasher.Sha256Async(path, cancellationToken);
        if (actual != sha)
        {
            _onEvent(new SliceStoreEvent(SliceStoreEventKind.Corrupted, path, $"{path} has the SHA-256 {actual}; it is cut anew"));
            return null;
        }
        _hashes[stamp] = sha;
        _onEvent(new SliceStoreEvent(SliceStoreEventKind.Verified, path, $"{path} is intact"));
        return path;
    }

    private async Task<string> CutAsync(ModelFile model, int firstLayer, int layerCount, string sourceSha, string key, CancellationToken cancellationToken)
    {
        using var hold = model.Mirror is { } mirror
            ? await mirror.HoldAsync(
                SlicePieces.ToCut(mirror.Manifest, model, firstLayer, layerCount),
                SliceTensors.Of(model, firstLayer, layerCount).Sum(tensor => tensor.LengthBytes),
                $"layers {firstLayer} to {firstLayer + layerCount - 1}",
                cancellationToken)
            : null;
        return await Task.Run(() => Cut(model, firstLayer, layerCount, sourceSha, key, cancellationToken), cancellationToken);
    }

    private string Cut(ModelFile model, int firstLayer, int layerCount, string sourceSha, string key, CancellationToken cancellationToken)
    {
        // The lock on the key is held, so the name needs nothing random, and what a crash leaves is overwritten by the next attempt.
        var temporary = Path.Combine(_slices, key + ".tmp");
        try
        {
            string sha;
            using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                using var hashing = new HashingStream(file);
                ModelSlicer.Write(model, firstLayer, layerCount, sourceSha, hashing, cancellationToken);
                sha = hashing.Complete();
            }
            model.File.RequireUnchanged();
            var path = Path.Combine(_slices, sha + ".gguf");
            File.Move(temporary, path, overwrite: true);
            _index.PutSlice(key, sha);
            _hashes[FileStamp.Of(path)!.Value] = sha;
            _onEvent(new SliceStoreEvent(
                SliceStoreEventKind.Cut, path, $"layers {firstLayer} to {firstLayer + layerCount - 1} of {model.Id} were cut into {path}"));
            return path;
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private async Task<T> ExclusivelyAsync<T>(string key, Func<Task<T>> work, CancellationToken cancellationToken)
    {
        // Within the process a gate, so that waiting costs no polling; between processes a lock file.
        var gate = _gates.GetOrAdd(key, _ => new SemaphoreSlim(1));
        await gate.WaitAsync(cancellationToken);
        try
        {
            using var processLock = await LockFile.AcquireAsync(Path.Combine(_locks, key + ".lock"), _time, cancellationToken);
            return await work();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Fault(error);
        }
        finally
        {
            gate.Release();
        }
    }

    private void Guard<T>(Func<T> work)
    {
        try
        {
            work();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Fault(error);
        }
    }

    private E2LlmException Fault(Exception error) => new($"The slice store {_directory} failed: {error.Message}", mayRetry: error is IOException, error);
}
