using System.Net;
using System.Net.Sockets;

namespace E2LLM.Benchmarks.DataPlane;

/// <summary>What the machine gives: one thread writes, another reads into one buffer and answers a byte.</summary>
internal sealed class RawSocketPair : IDisposable
{
    private readonly byte[] _source;
    private readonly byte[] _target;
    private readonly Socket _sender = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly Socket _receiver;
    private readonly Thread _receiving;

    public RawSocketPair(int bytes)
    {
        _source = new byte[bytes];
        _target = new byte[bytes];
        new Random(1).NextBytes(_source);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _sender.Connect(listener.LocalEndpoint);
        _receiver = listener.AcceptSocket();
        _receiver.NoDelay = true;
        _receiving = new Thread(Receive) { IsBackground = true };
        _receiving.Start();
    }

    /// <returns>Seconds until the answer.</returns>
    public double Run()
    {
        var started = TimeProvider.System.GetTimestamp();
        _sender.Send(_source);
        _sender.Receive(new byte[1]);
        return TimeProvider.System.GetElapsedTime(started).TotalSeconds;
    }

    public void Dispose()
    {
        _sender.Dispose();
        _receiving.Join();
        _receiver.Dispose();
    }

    private void Receive()
    {
        while (true)
        {
            for (var offset = 0; offset < _target.Length;)
            {
                var read = _receiver.Receive(_target, offset, _target.Length - offset, SocketFlags.None);
                if (read == 0)
                    return;
                offset += read;
            }
            _receiver.Send([1]);
        }
    }
}
