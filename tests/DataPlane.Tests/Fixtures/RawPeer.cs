using System.Net;
using System.Net.Sockets;
using E2LLM.Core.Kv;
using E2LLM.DataPlane.Wire;

namespace E2LLM.DataPlane.Tests.Fixtures;

/// <summary>A sender that does exactly what the test says, right or wrong.</summary>
internal sealed class RawPeer : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private RawPeer(int port)
    {
        _socket.Connect(IPAddress.Loopback, port);
        Stream = new NetworkStream(_socket, ownsSocket: true);
    }

    public NetworkStream Stream { get; }

    public static RawPeer Connect(int port) => new(port);

    /// <summary>Connects and is welcomed.</summary>
    public static async Task<RawPeer> GreetAsync(KvDestination destination)
    {
        var peer = new RawPeer(destination.Port);
        Assert.Equal(FrameKind.Welcome, (await peer.HelloAsync(destination)).Kind);
        return peer;
    }

    public async Task<ReplyFrame> HelloAsync(KvDestination destination)
    {
        var hello = new byte[WireFormat.HelloBytes];
        HelloFrame.Write(hello, destination.TransferId, destination.Token.AsSpan());
        await Stream.WriteAsync(hello);
        return await ReadReplyAsync();
    }

    public async Task SendFrameAsync(RequestFrame request)
    {
        var frame = new byte[WireFormat.RequestBytes];
        request.Write(frame);
        await Stream.WriteAsync(frame);
    }

    public async Task SendBlockAsync(uint number, KvBlock block)
    {
        var frame = new byte[WireFormat.RequestBytes];
        RequestFrame.Block(number, block.Header).Write(frame);
        await Stream.WriteAsync(frame);
        await new PayloadStream(Stream).WriteAsync(frame, block.Bytes, () => { });
    }

    public async Task<ReplyFrame> ReadReplyAsync()
    {
        var reply = new byte[WireFormat.ReplyBytes];
        await Stream.ReadExactlyAsync(reply).AsTask().Soon();
        return ReplyFrame.Read(reply);
    }

    /// <summary>Waits until the receiver has closed the connection, in whichever way.</summary>
    public async Task AssertClosedAsync()
    {
        try
        {
            Assert.Equal(0, await Stream.ReadAsync(new byte[1]).AsTask().Soon());
        }
        catch (IOException)
        {
        }
    }

    /// <summary>Reads whatever comes until the receiver has closed the connection, in whichever way.</summary>
    public async Task ReadToEndAsync()
    {
        var buffer = new byte[WireFormat.ReplyBytes];
        try
        {
            while (await Stream.ReadAsync(buffer).AsTask().Soon() > 0)
            {
            }
        }
        catch (IOException)
        {
        }
    }

    public void Dispose() => Stream.Dispose();
}
