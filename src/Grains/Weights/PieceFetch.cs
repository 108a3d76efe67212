using System.Buffers;
using System.Runtime.ExceptionServices;
using E2LLM.Core.Errors;
using E2LLM.Core.Weights;
using E2LLM.DataPlane.Sending;
using E2LLM.DataPlane.Weights;
using E2LLM.Grains.Interfaces.Weights;
using E2LLM.Scheduling.Protocols.Weights;

namespace E2LLM.Grains.Weights;

/// <summary>One order of pieces on its way: which are asked from whom is <see cref="PieceDistribution"/>'s to say, and this asks.</summary>
internal sealed class PieceFetch(PieceOrder order, KvSenderOptions sender, TimeProvider time)
{
    /// <summary>Pieces on their way over one connection: the second is sent while the first is looked at and written.</summary>
    private const int Window = 2;

    private readonly Lock _gate = new();
    private readonly PieceDistribution _pieces = new(order.Pieces);
    private readonly SortedDictionary<string, long> _bytes = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _faults = new(StringComparer.Ordinal);
    private ExceptionDispatchInfo? _end;

    public bool IsDone
    {
        get
        {
            lock (_gate)
                return _pieces.IsDone;
        }
    }

    public long CameBytes
    {
        get
        {
            lock (_gate)
                return _bytes.Values.Sum();
        }
    }

    /// <summary>Holders that gave a piece that was none.</summary>
    public IReadOnlyCollection<string> Avoided
    {
        get
        {
            lock (_gate)
                return [.. _pieces.Avoided];
        }
    }

    /// <summary>Who gave how much; for people.</summary>
    public string Sources
    {
        get
        {
            lock (_gate)
                return string.Join(", ", _bytes.Select(source => $"{source.Key} ({source.Value} bytes)"));
        }
    }

    /// <summary>Who was asked last, and what was wrong; for people.</summary>
    public string Faults
    {
        get
        {
            lock (_gate)
                return _faults.Count == 0 ? "no silo has the missing pieces" : string.Join("; ", _faults.Select(fault => $"{fault.Key}: {fault.Value}"));
        }
    }

    /// <summary>Asks these holders for what is missing until none of them has anything more to give.</summary>
    /// <exception cref="E2LlmException">A piece could not be kept: the disk is full.</exception>
    public async Task AskAsync(IReadOnlyList<WeightsHolder> holders, int connections, CancellationToken cancellationToken)
    {
        lock (_gate)
            _faults.Clear();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAll(holders.SelectMany(holder => Enumerable.Range(0, connections).Select(_ => Task.Run(() => RunAsync(holder, end), CancellationToken.None)))).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        _end?.Throw();
    }

    private async Task RunAsync(WeightsHolder holder, CancellationTokenSource end)
    {
        var asked = new Queue<int>();
        try
        {
            await using var connection = await PieceConnection.OpenAsync(holder.Host, holder.Port, order.Manifest.Root, sender, time, end.Token).ConfigureAwait(false);
            await using var abort = end.Token.Register(connection.Abort);
            var map = await connection.GetMapAsync(order.Manifest.PieceCount).ConfigureAwait(false);
            lock (_gate)
                _pieces.Knows(holder.Silo, piece => (map[piece / 8] >> (piece % 8) & 1) != 0);
            await RunAsync(holder.Silo, connection, asked).ConfigureAwait(false);
        }
        catch (E2LlmException error)
        {
            _end ??= ExceptionDispatchInfo.Capture(error);
            await end.CancelAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or InvalidDataException or ObjectDisposedException or OperationCanceledException)
        {
            lock (_gate)
                _faults[holder.Silo] = error.Message;
        }
        finally
        {
            lock (_gate)
                foreach (var piece in asked)
                    _pieces.GiveBack(piece);
        }
    }

    private async Task RunAsync(string silo, PieceConnection connection, Queue<int> asked)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(order.Manifest.PieceBytes);
        try
        {
            while (true)
            {
                while (asked.Count < Window && Take(silo) is { } next)
                {
                    asked.Enqueue(next);
                    await connection.AskAsync(next).ConfigureAwait(false);
                }
                if (!asked.TryPeek(out var piece))
                    return;
                var bytes = buffer.AsMemory(0, order.Manifest.Piece(piece).LengthBytes);
                var isThere = await connection.ReadAsync(bytes).ConfigureAwait(false);
                var isRight = isThere && order.Take(piece, bytes);
                lock (_gate)
                    Note(silo, piece, isThere, isRight);
                asked.Dequeue();
                if (isThere && !isRight)
                    return;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private int? Take(string silo)
    {
        lock (_gate)
            return _pieces.Take(silo);
    }

    private void Note(string silo, int piece, bool isThere, bool isRight)
    {
        if (isRight)
        {
            _pieces.Came(piece);
            _bytes[silo] = _bytes.GetValueOrDefault(silo) + order.Manifest.Piece(piece).LengthBytes;
        }
        else if (isThere)
        {
            _pieces.IsWrong(silo, piece);
            _faults[silo] = $"piece {piece} has another SHA-256 than the manifest says";
        }
        else
        {
            _pieces.IsAbsent(silo, piece);
        }
    }
}
