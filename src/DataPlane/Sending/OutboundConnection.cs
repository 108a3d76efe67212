using System.Net;
using System.Net.Sockets;
using E2LLM.Core.Errors;
using E2LLM.Core.Kv;
using E2LLM.DataPlane.Receiving;
using E2LLM.DataPlane.Wire;

namespace E2LLM.DataPlane.Sending;

/// <summary>
/// The sender's side of one connection. One loop writes blocks, another reads the answers; whatever has no answer when the connection
/// ends goes back to the queue.
/// </summary>
internal sealed class OutboundConnection : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly KvDestination _destination;
    private readonly OutboundQueue _queue;
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, Flight> _flights = [];
    private readonly TimeProvider _time;
    private long _lastMove;

    private OutboundConnection(Socket socket, Stream stream, KvDestination destination, OutboundQueue queue, TimeProvider time)
    {
        _socket = socket;
        _stream = stream;
        _destination = destination;
        _queue = queue;
        _time = time;
    }

    /// <summary>Whether the receiver has got anything through this connection.</summary>
    public bool HasDelivered { get; private set; }

    /// <summary>Connects, secures, greets.</summary>
    /// <exception cref="KvTransferException">The receiver turned the sender away.</exception>
    /// <exception cref="OperationCanceledException">It took too long, or was cancelled.</exception>
    public static async Task<OutboundConnection> OpenAsync(
        KvDestination destination, KvSenderOptions options, OutboundQueue queue, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(options.ConnectSeconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(destination.Host, destination.Port, either.Token).ConfigureAwait(false);
            // Within a machine nothing is lost, and what measures the rate only takes time.
            if (socket.RemoteEndPoint is IPEndPoint { Address: var remote } && !IPAddress.IsLoopback(remote))
                TcpCongestion.Choose(socket, options.CongestionControl);
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (options.Secure is not null)
                stream = await options.Secure(stream, false, either.Token).ConfigureAwait(false);
            var connection = new OutboundConnection(socket, stream, destination, queue, time);
            await connection.GreetAsync(either.Token).ConfigureAwait(false);
            return connection;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new IOException($"No greeting came within {options.ConnectSeconds} s ({KvSenderOptions.Section}:ConnectSeconds).");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends what the queue gives until the connection ends; always throws why.</summary>
    public async Task RunAsync(Pacer? pacer, double stallSeconds, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var abort = end.Token.Register(_socket.Dispose);
        var tick = TimeSpan.FromSeconds(stallSeconds / 4);
        await using var watch = _time.CreateTimer(_ => AbortIfStalled(stallSeconds), null, tick, tick);
        var loops = new[] { WriteAsync(pacer, end.Token), ReadAsync() };
        var first = await Task.WhenAny(loops).ConfigureAwait(false);
        await end.CancelAsync().ConfigureAwait(false);
        // Both have to end before a block may be freed or sent elsewhere: until then the socket may read its memory.
        await Task.WhenAll(loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var flight in _flights.Values)
            _queue.Return(flight.Item);
        cancellationToken.ThrowIfCancellationRequested();
        // A refusal tells more than the broken pipe that the writer may have met first.
        await (loops.FirstOrDefault(loop => loop.Exception?.InnerException is KvTransferException) ?? first).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync() => await _stream.DisposeAsync().ConfigureAwait(false);

    private async Task GreetAsync(CancellationToken cancellationToken)
    {
        var hello = new byte[WireFormat.HelloBytes];
        HelloFrame.Write(hello, _destination.TransferId, _destination.Token.AsSpan());
        var reply = new byte[WireFormat.ReplyBytes];
        try
        {
            await _stream.WriteAsync(hello, cancellationToken).ConfigureAwait(false);
            await _stream.ReadExactlyAsync(reply, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException closed)
        {
            // The end of the stream or a reset: that depends on whether the receiver closed before this greeting came or after.
            throw new IOException(
                $"The receiver closed the connection without a greeting; it may have too many ({KvDataPortOptions.Section}:MaxConnections).", closed);
        }
        var answer = ReplyFrame.Read(reply);
        ThrowIfRefused(answer);
        if (answer.Kind != FrameKind.Welcome)
            throw new InvalidDataException($"The receiver answered Hello with {answer.Kind}.");
    }

    private async Task WriteAsync(Pacer? pacer, CancellationToken cancellationToken)
    {
        var frame = new byte[WireFormat.RequestBytes];
        var payload = new PayloadStream(_stream);
        while (true)
        {
            var flight = new Flight(await _queue.TakeAsync(cancellationToken).ConfigureAwait(false));
            lock (_gate)
                _flights.Add(flight.Item.Frame.Number, flight);
            if (pacer is not null)
                await pacer.WaitAsync(WireFormat.RequestBytes + flight.Item.LengthBytes, cancellationToken).ConfigureAwait(false);
            Moved();
            flight.IsOnWire = true;
            flight.Item.Frame.Write(frame);
            await _stream.WriteAsync(frame, CancellationToken.None).ConfigureAwait(false);
            if (flight.Item.Frame.Kind == FrameKind.Block)
                await payload.WriteAsync(frame, flight.Item.Payload, Moved).ConfigureAwait(false);
            Land(flight, isWritten: true, answer: null);
        }
    }

    private async Task ReadAsync()
    {
        var frame = new byte[WireFormat.ReplyBytes];
        while (true)
        {
            await _stream.ReadExactlyAsync(frame).ConfigureAwait(false);
            var reply = ReplyFrame.Read(frame);
            ThrowIfRefused(reply);
            Flight? flight;
            lock (_gate)
                flight = _flights.GetValueOrDefault(reply.Number);
            if (flight is not { IsOnWire: true, Answer: null } || reply.Kind == FrameKind.Welcome)
                throw new InvalidDataException($"The receiver answered {reply.Kind} to {reply.Number}, which was not asked.");
            Moved();
            Land(flight, isWritten: false, reply.Kind);
        }
    }

    /// <summary>
    /// A flight ends when it is written and answered, in whichever order the two are noticed: a block that a false answer freed while
    /// it is being written would lay another owner's bytes on the wire.
    /// </summary>
    private void Land(Flight flight, bool isWritten, FrameKind? answer)
    {
        lock (_gate)
        {
            flight.IsWritten |= isWritten;
            flight.Answer ??= answer;
            if (!flight.IsWritten || flight.Answer is null)
                return;
            _flights.Remove(flight.Item.Frame.Number);
        }
        if (flight.Answer == FrameKind.Again)
        {
            _queue.Return(flight.Item);
            return;
        }
        HasDelivered = true;
        _queue.Settle(flight.Item, isWhole: flight.Answer == FrameKind.Whole);
    }

    private void Moved() => Volatile.Write(ref _lastMove, _time.GetTimestamp());

    private void AbortIfStalled(double stallSeconds)
    {
        bool isWaiting;
        lock (_gate)
            isWaiting = _flights.Values.Any(flight => flight.IsOnWire);
        if (isWaiting && _time.GetElapsedTime(Volatile.Read(ref _lastMove)).TotalSeconds >= stallSeconds)
            _socket.Dispose();
    }

    private void ThrowIfRefused(ReplyFrame reply)
    {
        if (reply.Kind == FrameKind.Refused)
            throw new KvTransferException($"{_destination} was refused: {Explanation(reply.Refusal)}.");
    }

    private static string Explanation(Refusal refusal) => refusal switch
    {
        Refusal.Unknown => "the receiver does not know it: it has another token, or its lease has ended",
        Refusal.OutOfBounds => "a block or the number of positions is not within what the receiver expects",
        Refusal.Overlap => "a block holds positions of another block",
        Refusal.Incomplete => "it was declared complete, but the receiver has not got every position of every layer",
        Refusal.Damaged => "a block arrived damaged twice",
        Refusal.Cancelled => "the receiver has cancelled it",
        _ => $"reason {(uint)refusal}, which this version does not know",
    };

    private sealed class Flight(OutboundItem item)
    {
        public OutboundItem Item => item;

        /// <summary>Past its pacing: from now on the connection has to move.</summary>
        public bool IsOnWire { get; set; }

        public bool IsWritten { get; set; }

        public FrameKind? Answer { get; set; }
    }
}
