using System.Net;
using System.Net.Sockets;
using E2LLM.Core.Errors;
using E2LLM.Core.Kv;
using E2LLM.DataPlane.Weights;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace E2LLM.DataPlane.Receiving;

/// <summary>
/// Where a process takes KV caches in and gives weights out, outside of Orleans: one listening socket, whose connections fill the transfers of
/// its inbox or ask for the pieces of its shelf.
/// </summary>
public sealed partial class KvDataPort : IAsyncDisposable
{
    private readonly KvDataPortOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<InboundConnection, Task> _connections = [];
    private readonly Task _accepting;

    private KvDataPort(KvDataPortOptions options, Socket listener, TimeProvider time, ILogger? logger)
    {
        _options = options;
        _listener = listener;
        _time = time;
        _logger = logger ?? NullLogger.Instance;
        Inbox = new KvInbox(time);
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        _accepting = AcceptAsync();
    }

    public KvInbox Inbox { get; }

    /// <summary>Whose weights are given out.</summary>
    public PieceShelf Weights { get; } = new();

    /// <summary>Name or address that others are told.</summary>
    public string Host => _options.AdvertisedHost ?? _options.Address;

    /// <summary>The port that it listens on.</summary>
    public int Port { get; }

    /// <summary>Connections now, greeted or not.</summary>
    public int Connections
    {
        get
        {
            lock (_gate)
                return _connections.Count;
        }
    }

    /// <summary>Starts to listen.</summary>
    /// <exception cref="ConfigurationException">An option is out of range, or the address cannot be listened on.</exception>
    public static KvDataPort Start(KvDataPortOptions options, TimeProvider time, ILogger? logger = null)
    {
        var address = options.Validate();
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(address, options.Port));
            listener.Listen();
            return new KvDataPort(options, listener, time, logger);
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new ConfigurationException(
                $"The data port cannot listen on {address}:{options.Port} ({KvDataPortOptions.Section}:Address, :Port): {e.Message}", e);
        }
    }

    /// <summary>What the sender of a transfer has to be told, over a channel that strangers cannot read.</summary>
    public KvDestination DestinationOf(KvInboundTransfer transfer) => new()
    {
        Host = Host,
        Port = Port,
        TransferId = transfer.TransferId,
        Token = transfer.Token,
    };

    /// <summary>Stops listening, ends all transfers and frees what they hold.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        Inbox.Close();
        Task[] serving;
        lock (_gate)
        {
            foreach (var connection in _connections.Keys)
                connection.Abort();
            serving = [.. _connections.Values];
        }
        await Task.WhenAll(serving);
    }

    private async Task AcceptAsync()
    {
        var pauseAfterError = TimeSpan.FromMilliseconds(100);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Serve(await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false));
            }
            catch (SocketException e) when (!_stop.IsCancellationRequested)
            {
                // As when the process has no file descriptor left: connections that end give some back.
                LogNotAccepted(e);
                await Task.Delay(pauseAfterError, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }

    private void Serve(Socket socket)
    {
        InboundConnection connection;
        try
        {
            socket.NoDelay = true;
            connection = new InboundConnection(socket, Inbox, Weights, _options, _time);
        }
        catch (SocketException)
        {
            socket.Dispose(); // gone before it was looked at
            return;
        }
        lock (_gate)
        {
            if (_connections.Count < _options.MaxConnections)
            {
                _connections.Add(connection, Task.Run(() => ServeAsync(connection)));
                return;
            }
        }
        LogTooMany(connection.Peer, _options.MaxConnections);
        socket.Dispose();
    }

    private async Task ServeAsync(InboundConnection connection)
    {
        try
        {
            await connection.RunAsync().ConfigureAwait(false);
        }
        catch (InvalidDataException e)
        {
            LogTurnedAway(connection.Peer, e.Message);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            LogBroken(connection.Peer, e.Message);
        }
        catch (Exception e)
        {
            LogFailed(connection.Peer, e);
        }
        finally
        {
            connection.Abort();
            lock (_gate)
                _connections.Remove(connection);
        }
    }
}
