using System.Buffers;
using E2LLM.Core.Errors;
using E2LLM.Core.Weights;
using E2LLM.Gguf.Models;

namespace E2LLM.Gguf.Weights;

/// <summary>
/// The pieces of a model that this machine has, and the way to those that it needs. A piece is checked against the manifest when it comes,
/// and once by each later process before anybody reads it; what has not been checked is not read. Thread-safe.
/// </summary>
public sealed class ModelMirror : IPieceSource, IDisposable
{
    private const string VocabularyName = "vocabulary.gguf";

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _fetching = new(1);
    private readonly PieceFolder _pieces;
    private readonly PieceStates _states;
    private readonly MirrorLimits _limits;
    private readonly TimeProvider _time;
    private IPieceFetcher? _fetcher;
    private (string What, long Wanted, long Fetched, long Since) _fetch = ("", 0, 0, 0);

    /// <param name="folder">Of this model alone, and of this process.</param>
    /// <exception cref="E2LlmException">The folder cannot be made or read.</exception>
    internal ModelMirror(string folder, WeightsManifest manifest, MirrorLimits limits, TimeProvider time)
    {
        (Folder, Manifest, _limits, _time) = (folder, manifest, limits, time);
        _pieces = new PieceFolder(Path.Combine(folder, "pieces"));
        _states = new PieceStates(manifest);
        try
        {
            foreach (var (piece, bytes, usedAt) in _pieces.Enumerate())
                if (piece < manifest.PieceCount && bytes == manifest.Piece(piece).LengthBytes)
                    _states.Found(piece, usedAt);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new E2LlmException($"The pieces of {manifest.ModelId} in {folder} cannot be read: {error.Message}", mayRetry: true, error);
        }
    }

    public string Folder { get; }

    public WeightsManifest Manifest { get; }

    public bool IsWhole
    {
        get
        {
            lock (_gate)
                return _states.HeldBytes == Manifest.LengthBytes;
        }
    }

    /// <summary>Metadata and vocabulary in a file of their own, which is made by <see cref="OpenAsync"/>.</summary>
    public string VocabularyPath => Path.Combine(Folder, VocabularyName);

    public WeightsProgress Progress
    {
        get
        {
            lock (_gate)
            {
                var seconds = _time.GetElapsedTime(_fetch.Since).TotalSeconds;
                return new WeightsProgress
                {
                    HeldBytes = _states.HeldBytes,
                    ModelBytes = Manifest.LengthBytes,
                    Fetching = _fetch.What,
                    FetchedBytes = _fetch.Fetched,
                    WantedBytes = _fetch.Wanted,
                    BytesPerSecond = _fetch.What.Length > 0 && seconds > 0 ? _fetch.Fetched / seconds : 0,
                };
            }
        }
    }

    /// <summary>Where missing pieces come from, from now on.</summary>
    public void FetchBy(IPieceFetcher fetcher) => _fetcher = fetcher;

    public bool Has(int piece)
    {
        lock (_gate)
            return _states.IsHere(piece);
    }

    public void Read(int piece, int offsetBytes, Span<byte> destination)
    {
        if (!Check(piece))
            throw new E2LlmException($"Piece {piece} of {Manifest.ModelId} is not on this machine.", mayRetry: true);
        _pieces.Read(piece, offsetBytes, destination);
    }

    /// <summary>Opens the model as far as its header goes, and fetches that first where it is missing.</summary>
    /// <exception cref="ModelFileException">The model is damaged, hostile, or of a kind that cannot be served in slices.</exception>
    /// <exception cref="E2LlmException">Nobody has it, or the disk does not take it.</exception>
    public async Task<ModelFile> OpenAsync(CancellationToken cancellationToken)
    {
        _ = await HoldAsync(Manifest.HeaderPieces(), roomBytes: 0, "vocabulary", cancellationToken).ConfigureAwait(false); // for good
        var model = ModelFile.Open(this);
        try
        {
            VocabularyFile.Write(model, VocabularyPath);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Sees that pieces are here and stay here until what is returned is disposed.</summary>
    /// <param name="roomBytes">That are to be free on the disk beside the pieces.</param>
    /// <param name="what">For people: "layers 4 to 7".</param>
    /// <exception cref="E2LlmException">Nobody has them, or there is no room for them; says how much is needed.</exception>
    public async Task<IDisposable> HoldAsync(IEnumerable<int> pieces, long roomBytes, string what, CancellationToken cancellationToken)
    {
        int[] wanted = [.. pieces.Distinct().Order()];
        // One after another: they share a network and a disk, and mostly want the same.
        await _fetching.WaitAsync(cancellationToken).ConfigureAwait(false);
        Hold? hold = null;
        try
        {
            hold = new Hold(this, wanted);
            var missing = await Task.Run(() => wanted.Where(piece => !Check(piece)).ToArray(), cancellationToken).ConfigureAwait(false);
            if (missing.Length > 0)
                await FetchAsync(missing, roomBytes, what, cancellationToken).ConfigureAwait(false);
            var now = _time.GetUtcNow().UtcDateTime;
            lock (_gate)
                foreach (var piece in wanted)
                    _states.Use(piece, now);
            foreach (var piece in wanted)
                _pieces.Touch(piece, now);
            return hold;
        }
        catch
        {
            hold?.Dispose();
            throw;
        }
        finally
        {
            _fetching.Release();
        }
    }

    /// <summary>Lets go of pieces that nobody uses: those that are too old, and the longest unused beyond the limit.</summary>
    /// <returns>Bytes that were removed.</returns>
    public long Trim()
    {
        lock (_gate)
        {
            var removed = 0L;
            foreach (var piece in _states.Surplus(_limits.MaxBytes, _time.GetUtcNow().UtcDateTime - _limits.MaxIdle))
            {
                _states.Remove(piece);
                _pieces.Delete(piece);
                removed += Manifest.Piece(piece).LengthBytes;
            }
            return removed;
        }
    }

    public void Dispose() => _pieces.Dispose();

    private async Task FetchAsync(int[] missing, long roomBytes, string what, CancellationToken cancellationToken)
    {
        var bytes = Manifest.LengthOf(missing);
        RequireRoom(bytes + roomBytes, what);
        var fetcher = _fetcher ?? throw new E2LlmException($"{bytes} bytes of {Manifest.ModelId} ({what}) are not on this machine.", mayRetry: true);
        lock (_gate)
            _fetch = (what, bytes, 0, _time.GetTimestamp());
        try
        {
            await fetcher.FetchAsync(new PieceOrder { Manifest = Manifest, Pieces = missing, What = what, Take = Take }, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
                _fetch = ("", 0, 0, 0);
        }
    }

    private void RequireRoom(long neededBytes, string what)
    {
        if (_limits.FreeBytes(Folder) is var free && free - _limits.ReserveBytes < neededBytes)
            throw new E2LlmException(
                $"The disk of {Folder} has too little room for {what} of {Manifest.ModelId}: {neededBytes} bytes are needed and {free} are free, of which " +
                $"{_limits.ReserveBytes} are to stay free (E2LLM:Weights:ReserveBytes). Make room, or choose another E2LLM:Silo:DataDirectory.",
                mayRetry: true);
    }

    private bool Take(int piece, ReadOnlyMemory<byte> bytes)
    {
        if (!Manifest.IsPiece(piece, bytes.Span))
            return false;
        _pieces.Write(piece, bytes.Span);
        lock (_gate)
        {
            _states.Took(piece, _time.GetUtcNow().UtcDateTime);
            _fetch.Fetched += bytes.Length;
        }
        return true;
    }

    /// <summary>Whether a piece is here and right. One that an earlier process left is looked at now, and dropped where it is damaged.</summary>
    private bool Check(int piece)
    {
        lock (_gate)
        {
            if (!_states.IsHere(piece))
                return false;
            if (_states.IsChecked(piece))
                return true;
        }
        var buffer = ArrayPool<byte>.Shared.Rent(Manifest.Piece(piece).LengthBytes);
        try
        {
            var bytes = buffer.AsSpan(0, Manifest.Piece(piece).LengthBytes);
            _pieces.Read(piece, 0, bytes);
            if (Manifest.IsPiece(piece, bytes))
            {
                lock (_gate)
                    return _states.TryConfirm(piece);
            }
        }
        catch (E2LlmException)
        {
            // It cannot be read: the same as if it were not there.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        lock (_gate)
        {
            if (!_states.IsChecked(piece)) // nobody has brought it anew meanwhile
            {
                _states.Remove(piece);
                _pieces.Delete(piece);
            }
            return _states.IsChecked(piece);
        }
    }

    /// <summary>Keeps pieces from being removed.</summary>
    private sealed class Hold : IDisposable
    {
        private readonly ModelMirror _mirror;
        private int[]? _pieces;

        public Hold(ModelMirror mirror, int[] pieces)
        {
            (_mirror, _pieces) = (mirror, pieces);
            lock (mirror._gate)
                foreach (var piece in pieces)
                    mirror._states.Pin(piece);
        }

        public void Dispose()
        {
            lock (_mirror._gate)
            {
                foreach (var piece in _pieces ?? [])
                    _mirror._states.Unpin(piece);
                _pieces = null;
            }
            _mirror.Trim();
        }
    }
}
