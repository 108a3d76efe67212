using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using E2LLM.Benchmarks.Nodes;

namespace E2LLM.Benchmarks.Network;

/// <summary>One bare TCP connection over the link, with blocking calls and without delay: what the link gives.</summary>
internal sealed class RawLink : IDisposable
{
    private readonly Process _peer;
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private RawLink(Process peer) => _peer = peer;

    public static async Task<RawLink> OpenAsync(NetworkSpec spec)
    {
        var start = OwnProgram.Command(spec.PeerNamespace, RawPeer.Name, spec.PeerAddress);
        (start.RedirectStandardInput, start.RedirectStandardOutput) = (true, true);
        var link = new RawLink(Process.Start(start)!);
        if (await link._peer.StandardOutput.ReadLineAsync() != RawPeer.Ready)
            throw new InvalidOperationException("The other end of the bare link did not start; see above.");
        await link._socket.ConnectAsync(spec.PeerAddress, RawPeer.Port);
        return link;
    }

    /// <returns>Seconds until the answer is there.</returns>
    public double Send(int bytes, int answerBytes)
    {
        var message = new byte[RawPeer.RequestBytes + bytes];
        BinaryPrimitives.WriteInt32LittleEndian(message, bytes);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(4), answerBytes);
        var answer = new byte[answerBytes];
        var started = TimeProvider.System.GetTimestamp();
        _socket.Send(message);
        for (var read = 0; read < answerBytes;)
            read += _socket.Receive(answer, read, answerBytes - read, SocketFlags.None) is > 0 and var some ? some : throw new EndOfStreamException();
        return TimeProvider.System.GetElapsedTime(started).TotalSeconds;
    }

    public void Dispose()
    {
        _socket.Dispose();
        _peer.StandardInput.Close();
        _peer.WaitForExit();
        _peer.Dispose();
    }
}
