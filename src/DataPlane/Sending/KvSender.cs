using E2LLM.Core.Errors;
using E2LLM.Core.Kv;

namespace E2LLM.DataPlane.Sending;

/// <summary>
/// Sends the blocks of one KV transfer over parallel connections. A block is kept until the receiver has it; a connection that breaks is
/// opened again and what it had not delivered goes another time. Thread-safe; blocks may come in any order.
/// </summary>
public sealed class KvSender : IAsyncDisposable
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(2);

    private readonly KvDestination _destination;
    private readonly KvSenderOptions _options;
    private readonly TimeProvider _time;
    private readonly OutboundQueue _queue;
    private readonly Pacer? _pacer;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;
    private int _lanes;
    private int _completing;

    private KvSender(KvDestination destination, KvSenderOptions options, TimeProvider time)
    {
        _destination = destination;
        _options = options;
        _time = time;
        _queue = new OutboundQueue(options.MaxUnacknowledgedBytes);
        _pacer = Pacer.Create(options.Pace);
        _lanes = options.Sockets;
        _running = RunAsync();
    }

    /// <summary>Connects; returns with the first of the connections.</summary>
    /// <exception cref="KvTransferException">No connection could be opened, or the receiver turned the sender away.</exception>
    /// <exception cref="ConfigurationException">An option is out of range.</exception>
    public static async Task<KvSender> OpenAsync(
        KvDestination destination, KvSenderOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        options.Validate();
        var sender = new KvSender(destination, options, time);
        try
        {
            await sender._opened.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            return sender;
        }
        catch
        {
            await sender.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Queues a block; waits while too many bytes are on their way.</summary>
    /// <param name="block">The sender's from now on, also where this throws.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="KvTransferException">The transfer has failed; the message says why.</exception>
    /// <exception cref="InvalidOperationException">The transfer has been declared complete.</exception>
    public ValueTask SendAsync(KvBlock block, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _completing) == 0)
            return _queue.AddAsync(block, cancellationToken);
        block.Dispose();
        throw new InvalidOperationException($"{_destination} has been declared complete: no block can follow.");
    }

    /// <summary>Waits until the receiver has every block, and agrees that they are all of <paramref name="positions"/> positions.</summary>
    /// <param name="positions">Of the sequence, at least 1.</param>
    /// <param name="cancellationToken">Ends the wait; the transfer cannot be completed again.</param>
    /// <exception cref="KvTransferException">The transfer has failed; the message says why.</exception>
    /// <exception cref="InvalidOperationException">Called before.</exception>
    public Task CompleteAsync(int positions, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(positions, 1);
        return Interlocked.Exchange(ref _completing, 1) == 0
            ? _queue.CompleteAsync(positions, cancellationToken)
            : throw new InvalidOperationException($"{_destination} has been declared complete already.");
    }

    /// <summary>
    /// Closes the connections and frees what the receiver has not got. Does not tell the receiver: whoever cancels, cancels there too.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        End(new ObjectDisposedException(nameof(KvSender)));
        await _running.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        await Task.WhenAll(Enumerable.Range(0, _options.Sockets).Select(_ => Task.Run(RunLaneAsync))).ConfigureAwait(false);
        _queue.Free();
    }

    /// <summary>One connection after the other, until the transfer ends or too many in a row have failed.</summary>
    private async Task RunLaneAsync()
    {
        for (var failures = 1; ; failures++)
        {
            var hasDelivered = false;
            Exception error;
            try
            {
                await using var connection = await OutboundConnection
                    .OpenAsync(_destination, _options, _queue, _time, _stop.Token).ConfigureAwait(false);
                _opened.TrySetResult();
                try
                {
                    await connection.RunAsync(_pacer, _options.StallSeconds, _stop.Token).ConfigureAwait(false);
                }
                finally
                {
                    hasDelivered = connection.HasDelivered;
                }
                return;
            }
            catch (KvTransferException e)
            {
                End(e);
                return;
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) // from the network, TLS or the pacing: in any case the connection is lost
            {
                error = e;
            }

            if (hasDelivered)
                failures = 1;
            if (failures > _options.MaxReconnects)
            {
                if (Interlocked.Decrement(ref _lanes) == 0)
                    End(new KvTransferException(
                        $"{_destination} failed: each of {_options.Sockets} connections was lost {failures} times and delivered nothing " +
                        $"({KvSenderOptions.Section}:MaxReconnects is {_options.MaxReconnects}); last: {error.Message}", error));
                return;
            }
            var delay = TimeSpan.FromSeconds(_options.ReconnectDelaySeconds) * Math.Pow(2, failures - 1);
            await Task.Delay(delay < LongestDelay ? delay : LongestDelay, _time, _stop.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void End(Exception reason)
    {
        _queue.End(reason);
        _opened.TrySetException(reason);
        _ = _opened.Task.Exception; // nobody waits for it once the sender is open
        _stop.Cancel();
    }
}
