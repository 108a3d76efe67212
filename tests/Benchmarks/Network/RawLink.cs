using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using E2LLM.Benchmarks.Nodes;

namespace E2LLM.Benchmarks.Network;

/// <summary>One bare TCP connection over the link, with blocking calls and without delay: what the link gives.</summary>
internal sealed class RawLink : IDisposable
{
    private readonly Process _peer;
    private readonly string _address;
    private Socket? _socket;

    private RawLink(Process peer, string address) => (_peer, _address) = (peer, address);

    public static async Task<RawLink> OpenAsync(NetworkSpec spec)
    {
        var start = OwnProgram.Command(spec.PeerNamespace, RawPeer.Name, spec.PeerAddress);
        (start.RedirectStandardInput, start.RedirectStandardOutput) = (true, true);
        var link = new RawLink(Process.Start(start)!, spec.PeerAddress);
        if (await link._peer.StandardOutput.ReadLineAsync() != RawPeer.Ready)
            throw new InvalidOperationException("The other end of the bare link did not start; see above.");
        await link.ConnectAsync();
        return link;
    }

    /// <summary>A new connection in the place of the one before.</summary>
    /// <returns>Seconds that it took.</returns>
    public async Task<double> ConnectAsync()
    {
        _socket?.Dispose();
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var started = TimeProvider.System.GetTimestamp();
        await _socket.ConnectAsync(_address, RawPeer.Port);
        return TimeProvider.System.GetElapsedTime(started).TotalSeconds;
    }

    /// <returns>Seconds until the answer is there.</returns>
    public double Send(int bytes, int answerBytes)
    {
        var message = new byte[RawPeer.RequestBytes + bytes];
        BinaryPrimitives.WriteInt32LittleEndian(message, bytes);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(4), answerBytes);
        var answer = new byte[answerBytes];
        var started = TimeProvider.System.GetTimestamp();
        _socket!.Send(message);
        for (var read = 0; read < answerBytes;)
            read += _socket.Receive(answer, read, answerBytes - read, SocketFlags.None) is > 0 and var some ? some : throw new EndOfStreamException();
        return TimeProvider.System.GetElapsedTime(started).TotalSeconds;
    }

    public void Dispose()
    {
        _socket?.Dispose();
        _peer.StandardInput.Close();
        _peer.WaitForExit();
        _peer.Dispose();
    }
}
