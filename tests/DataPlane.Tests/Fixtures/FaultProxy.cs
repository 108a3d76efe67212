using System.Net;
using System.Net.Sockets;

namespace E2LLM.DataPlane.Tests.Fixtures;

/// <summary>A bad network: forwards connections on loopback and does to each what the test says.</summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TaskCompletionSource _swallowed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Socket> _sockets = [];
    private readonly List<Task> _pumps = [];
    private readonly Task _accepting;
    private int _connections;

    /// <param name="target">Port of the receiver.</param>
    /// <param name="faults">Told the number of the connection, from 0.</param>
    public FaultProxy(int target, Func<int, Faults> faults)
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync(target, faults);
    }

    public int Port { get; }

    public int Connections => _connections;

    /// <summary>Ends when bytes have vanished.</summary>
    public Task Swallowed => _swallowed.Task.Soon();

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        foreach (var socket in _sockets)
            socket.Dispose();
        await Task.WhenAll(_pumps);
    }

    private async Task AcceptAsync(int target, Func<int, Faults> faults)
    {
        try
        {
            while (true)
            {
                var sender = await _listener.AcceptSocketAsync();
                var receiver = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                sender.NoDelay = true;
                await receiver.ConnectAsync(IPAddress.Loopback, target);
                _sockets.AddRange([sender, receiver]);
                var fault = faults(_connections++);
                _pumps.Add(Task.Run(() => PumpAsync(sender, receiver, fault.FlipToReceiver, fault.ResetAt, fault.SwallowFrom)));
                _pumps.Add(Task.Run(() => PumpAsync(receiver, sender, fault.FlipToSender, null, null)));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task PumpAsync(Socket from, Socket to, Predicate<long>? flip, long? resetAt, long? swallowFrom)
    {
        var buffer = new byte[32 << 10];
        var offset = 0L;
        try
        {
            while (true)
            {
                var untilReset = resetAt - offset ?? long.MaxValue;
                var untilSwallow = swallowFrom - offset is > 0 and var left ? left : long.MaxValue;
                var room = Math.Min(buffer.Length, Math.Min(untilReset, untilSwallow));
                if (room == 0)
                {
                    // A reset, not an orderly end: bytes on their way are lost too.
                    from.LingerState = to.LingerState = new LingerOption(true, 0);
                    break;
                }
                var read = await from.ReceiveAsync(buffer.AsMemory(0, (int)room));
                if (read == 0)
                    break;
                if (offset >= swallowFrom)
                {
                    _swallowed.TrySetResult();
                    continue;
                }
                for (var index = 0; flip is not null && index < read; index++)
                    if (flip(offset + index))
                        buffer[index] ^= 0x10;
                offset += read;
                for (var sent = 0; sent < read;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
        if (offset >= swallowFrom)
            return; // the receiver does not learn that the sender has gone
        from.Dispose();
        to.Dispose();
    }
}
