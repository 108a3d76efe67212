using System.Net.Sockets;
using E2LLM.Core.Kv;
using E2LLM.DataPlane.Weights;
using E2LLM.DataPlane.Wire;

namespace E2LLM.DataPlane.Receiving;

/// <summary>This side of one connection: greets, then takes blocks straight into the memory of the transfer, or gives out weights.</summary>
internal sealed class InboundConnection(Socket socket, KvInbox inbox, PieceShelf shelf, KvDataPortOptions options, TimeProvider time)
{
    private readonly byte[] _reply = new byte[WireFormat.ReplyBytes];

    /// <summary>Address and port of the sender.</summary>
    public string Peer { get; } = $"{socket.RemoteEndPoint}";

    /// <summary>Ends whatever the connection is doing; it frees what it holds. Thread-safe.</summary>
    public void Abort() => socket.Dispose();

    /// <summary>Serves until the sender closes the connection, or is turned away.</summary>
    /// <exception cref="IOException">The connection broke or was aborted.</exception>
    /// <exception cref="InvalidDataException">What came is not the protocol.</exception>
    public async Task RunAsync()
    {
        await using var raw = new NetworkStream(socket, ownsSocket: true);
        using var handshake = new CancellationTokenSource(TimeSpan.FromSeconds(options.HandshakeSeconds), time);
        var limit = handshake.Token.Register(Abort);
        await using var stream = options.Secure is null ? raw : await options.Secure(raw, true, handshake.Token).ConfigureAwait(false);
        var hello = new byte[WireFormat.HelloBytes];
        await stream.ReadExactlyAsync(hello).ConfigureAwait(false);
        var weights = WireFormat.ReadKind(hello) == FrameKind.WeightsHello;
        var source = weights ? shelf.Find(WeightsHelloFrame.Read(hello)) : null;
        var transfer = weights ? null : Find(hello);
        var refusal = source is not null ? Refusal.None : transfer?.Attach(this) ?? Refusal.Unknown;
        await ReplyAsync(stream, refusal == Refusal.None ? FrameKind.Welcome : FrameKind.Refused, 0, refusal).ConfigureAwait(false);
        await limit.DisposeAsync().ConfigureAwait(false);
        if (refusal != Refusal.None)
            throw new InvalidDataException($"It was turned away: {refusal}.");
        if (source is not null)
        {
            await new WeightsInbound(stream, source).ServeAsync().ConfigureAwait(false);
            return;
        }
        try
        {
            await ServeAsync(stream, transfer!).ConfigureAwait(false);
        }
        finally
        {
            transfer!.Detach(this);
        }
    }

    private KvInboundTransfer? Find(byte[] hello)
    {
        var (transferId, token) = HelloFrame.Read(hello);
        return inbox.Find(transferId, token.Span);
    }

    private async Task ServeAsync(Stream stream, KvInboundTransfer transfer)
    {
        var frame = new byte[WireFormat.RequestBytes];
        var payload = new PayloadStream(stream);
        while (await stream.ReadAtLeastAsync(frame, frame.Length, throwOnEndOfStream: false).ConfigureAwait(false) == frame.Length)
        {
            var request = RequestFrame.Read(frame);
            var (answer, refusal) = request.Kind is FrameKind.Announce or FrameKind.Complete
                ? transfer.End(request.Header.Rows, isFinal: request.Kind == FrameKind.Complete)
                : await TakeAsync(transfer, request.Header, frame, payload).ConfigureAwait(false);
            if (refusal != Refusal.None)
                transfer.Fail(refusal, $"{Explanation(refusal)} ({request.Kind}: {request.Header}; expected: {transfer.Spec}).", this);
            await ReplyAsync(stream, answer, request.Number, refusal).ConfigureAwait(false);
            if (refusal != Refusal.None)
                return;
        }
    }

    private async ValueTask<(FrameKind Answer, Refusal Refusal)> TakeAsync(
        KvInboundTransfer transfer, KvBlockHeader header, ReadOnlyMemory<byte> frame, PayloadStream payload)
    {
        KvSlot? slot;
        while (true)
        {
            var refusal = transfer.Reserve(header, this, out slot);
            if (refusal != Refusal.None)
                return (FrameKind.Refused, refusal);
            if (slot!.Owner == this && !slot.IsFilled)
                break;
            if (slot.IsFilled)
            {
                await payload.DiscardAsync(header.LengthBytes).ConfigureAwait(false);
                return (transfer.AnswerToDuplicate(), Refusal.None);
            }
            // The sender would not send it again if it had not given up the other connection, which may look alive from here.
            slot.Owner.Abort();
            await slot.Settled.ConfigureAwait(false);
        }

        KvBlock? block = null;
        try
        {
            block = transfer.Rent(header);
            if (!await payload.ReadAsync(frame, block.Bytes).ConfigureAwait(false))
                return transfer.AskAgain(header) ? (FrameKind.Again, Refusal.None) : (FrameKind.Refused, Refusal.Damaged);
            var answer = transfer.Fill(slot, block) ?? throw new IOException("The transfer ended while a block came in.");
            return (answer, Refusal.None);
        }
        finally
        {
            if (!slot.IsFilled)
            {
                block?.Dispose();
                transfer.GiveUp(slot);
            }
        }
    }

    private async ValueTask ReplyAsync(Stream stream, FrameKind kind, uint number, Refusal refusal)
    {
        new ReplyFrame(kind, number, refusal).Write(_reply);
        await stream.WriteAsync(_reply).ConfigureAwait(false);
    }

    private static string Explanation(Refusal refusal) => refusal switch
    {
        Refusal.OutOfBounds => "a frame lies outside of what is expected",
        Refusal.Overlap => "a block holds positions of another block",
        Refusal.Incomplete => "the sender has nothing more, but blocks are missing",
        Refusal.Damaged => "a block came damaged twice",
        _ => $"{refusal}",
    };
}
