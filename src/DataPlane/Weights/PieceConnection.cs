using System.Net.Sockets;
using E2LLM.Core.Weights;
using E2LLM.DataPlane.Sending;
using E2LLM.DataPlane.Wire;

namespace E2LLM.DataPlane.Weights;

/// <summary>
/// A connection to a machine that has pieces of a model. What it sends is bounded by what was asked for, and checked in transit; whether a
/// piece is the right one is for the manifest to say. For one caller at a time.
/// </summary>
public sealed class PieceConnection : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly PayloadStream _payload;
    private readonly TimeProvider _time;
    private readonly ITimer _watch;
    private readonly Queue<uint> _asked = new();
    private readonly byte[] _request = new byte[WireFormat.RequestBytes];
    private readonly byte[] _reply = new byte[WireFormat.ReplyBytes];
    private uint _number;
    private long _lastMove;

    private PieceConnection(Socket socket, Stream stream, double stallSeconds, TimeProvider time)
    {
        (_socket, _stream, _payload, _time) = (socket, stream, new PayloadStream(stream), time);
        Moved();
        var tick = TimeSpan.FromSeconds(stallSeconds / 4);
        _watch = time.CreateTimer(_ => AbortIfStalled(stallSeconds), null, tick, tick);
    }

    /// <summary>Connects, secures, greets.</summary>
    /// <param name="host">Name or address of the holder's data port.</param>
    /// <param name="port">Its port.</param>
    /// <param name="root">Of the manifest, lower-case hex.</param>
    /// <param name="options">How long things may take, and TLS.</param>
    /// <param name="time">Measures it.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="IOException">The holder cannot be reached, or does not know the manifest.</exception>
    public static async Task<PieceConnection> OpenAsync(
        string host, int port, string root, KvSenderOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(options.ConnectSeconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, port, either.Token).ConfigureAwait(false);
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (options.Secure is not null)
                stream = await options.Secure(stream, false, either.Token).ConfigureAwait(false);
            await GreetAsync(stream, root, either.Token).ConfigureAwait(false);
            return new PieceConnection(socket, stream, options.StallSeconds, time);
        }
        catch (Exception error)
        {
            socket.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw error switch
            {
                OperationCanceledException => new IOException($"No greeting came within {options.ConnectSeconds} s ({KvSenderOptions.Section}:ConnectSeconds)."),
                IOException => error,
                _ => new IOException(error.Message, error), // the network's, TLS's, or not this protocol
            };
        }
    }

    /// <summary>Asks for the manifest.</summary>
    /// <param name="lengthBytes">That it has to have, by whoever named its root.</param>
    /// <exception cref="IOException">The connection broke, or stood still for too long.</exception>
    /// <exception cref="InvalidDataException">Something else came.</exception>
    public async Task<byte[]> GetManifestAsync(int lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lengthBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, WeightsManifest.MaxBytes);
        await AskAsync(FrameKind.GetManifest, 0).ConfigureAwait(false);
        return await ReadAllAsync(lengthBytes).ConfigureAwait(false);
    }

    /// <summary>Asks which pieces are there: a bit a piece, the lowest first.</summary>
    /// <exception cref="IOException">The connection broke, or stood still for too long.</exception>
    /// <exception cref="InvalidDataException">Something else came.</exception>
    public async Task<byte[]> GetMapAsync(int pieceCount)
    {
        await AskAsync(FrameKind.GetMap, 0).ConfigureAwait(false);
        return await ReadAllAsync((pieceCount + 7) / 8).ConfigureAwait(false);
    }

    /// <summary>Asks for a piece, and does not wait for it: so the next one is on its way while this one is looked at.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public Task AskAsync(int piece) => AskAsync(FrameKind.GetPiece, piece);

    /// <summary>Reads the answer to the earliest question that has none.</summary>
    /// <param name="destination">Exactly as long as the piece.</param>
    /// <returns>False: the piece is not there.</returns>
    /// <exception cref="IOException">The connection broke, or stood still for too long.</exception>
    /// <exception cref="InvalidDataException">Something else came.</exception>
    public async Task<bool> ReadAsync(Memory<byte> destination)
    {
        await _stream.ReadExactlyAsync(_reply).ConfigureAwait(false);
        Moved();
        var reply = WeightsReplyFrame.Read(_reply);
        if (!_asked.TryDequeue(out var number) || reply.Number != number)
            throw new InvalidDataException($"The holder answered {reply.Number}, which was not asked.");
        if (reply.Kind == FrameKind.Absent)
            return false;
        if (reply.LengthBytes != destination.Length)
            throw new InvalidDataException($"The holder sends {reply.LengthBytes} bytes where {destination.Length} are due.");
        return await _payload.ReadAsync(_reply, destination, Moved).ConfigureAwait(false)
            ? true
            : throw new IOException("Weights were damaged on their way.");
    }

    /// <summary>Ends whatever it is doing. Thread-safe.</summary>
    public void Abort() => _socket.Dispose();

    public async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync().ConfigureAwait(false);
        _socket.Dispose();
        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task GreetAsync(Stream stream, string root, CancellationToken cancellationToken)
    {
        var hello = new byte[WireFormat.HelloBytes];
        WeightsHelloFrame.Write(hello, Convert.FromHexString(root));
        await stream.WriteAsync(hello, cancellationToken).ConfigureAwait(false);
        var reply = new byte[WireFormat.ReplyBytes];
        if (await stream.ReadAtLeastAsync(reply, reply.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false) < reply.Length)
            throw new IOException("It closed the connection without a greeting.");
        if (ReplyFrame.Read(reply).Kind != FrameKind.Welcome)
            throw new IOException("It has no pieces of this model (any more).");
    }

    private async Task AskAsync(FrameKind kind, int piece)
    {
        new WeightsRequestFrame(kind, ++_number, piece).Write(_request);
        _asked.Enqueue(_number);
        if (_asked.Count == 1)
            Moved();
        await _stream.WriteAsync(_request).ConfigureAwait(false);
    }

    private async Task<byte[]> ReadAllAsync(int lengthBytes)
    {
        var content = new byte[lengthBytes];
        return await ReadAsync(content).ConfigureAwait(false) ? content : throw new InvalidDataException("The holder has not got what it holds.");
    }

    private void Moved() => Volatile.Write(ref _lastMove, _time.GetTimestamp());

    private void AbortIfStalled(double stallSeconds)
    {
        if (_asked.Count > 0 && _time.GetElapsedTime(Volatile.Read(ref _lastMove)).TotalSeconds >= stallSeconds)
            _socket.Dispose();
    }
}
