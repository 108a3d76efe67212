using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.HandOff;
using E2LLM.Core.Kv;
using E2LLM.DataPlane.Sending;

namespace E2LLM.Grains.HandOff;

/// <summary>One sending of a stage: its layers, each to the receiver that wants it.</summary>
/// <param name="targets">Which layers go where; together all layers of the stage.</param>
/// <param name="optionsFor">How to send to a target's receiver.</param>
/// <param name="time">Clock of the senders.</param>
internal sealed class KvSending(ImmutableArray<KvTarget> targets, Func<KvTarget, KvSenderOptions> optionsFor, TimeProvider time) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task<KvSender>> _senders = [];
    private readonly Dictionary<int, Task<KvSendReport>> _exports = [];

    /// <summary>Set when the sending is ended.</summary>
    public CancellationToken Stopped => _stop.Token;

    /// <summary>Connects to the receivers where that has not begun. It takes a few round trips, which are over when there is something to send.</summary>
    public void Open()
    {
        if (_senders.Count == 0)
            _senders.AddRange(targets.Select(target => KvSender.OpenAsync(target.Destination, optionsFor(target), time, Stopped)));
    }

    /// <summary>An export that comes twice is carried out once; whoever asks again gets the same answer.</summary>
    /// <param name="fromPosition">Names it within the sending.</param>
    public Task<KvSendReport> Once(int fromPosition, Func<Task<KvSendReport>> export)
    {
        if (!_exports.TryGetValue(fromPosition, out var done))
            _exports.Add(fromPosition, done = export());
        return done;
    }

    /// <summary>Queues blocks with their receivers; waits while too many bytes are on their way.</summary>
    /// <param name="blocks">The sending's from now on.</param>
    /// <returns>Bytes of the blocks.</returns>
    /// <exception cref="KvTransferException">A receiver is lost or has turned the sender away.</exception>
    public async Task<long> SendAsync(IReadOnlyList<KvBlock> blocks)
    {
        var bytes = 0L;
        var next = 0;
        try
        {
            Open();
            while (next < blocks.Count)
            {
                var block = blocks[next];
                var sender = await _senders[ReceiverOf(block.Header.Layer)];
                bytes += block.Header.LengthBytes;
                next++;
                await sender.SendAsync(block, Stopped);
            }
            return bytes;
        }
        finally
        {
            for (; next < blocks.Count; next++)
                blocks[next].Dispose();
        }
    }

    /// <summary>Waits until every receiver has all blocks.</summary>
    public async Task CompleteAsync(int positions)
    {
        var senders = await Task.WhenAll(_senders);
        await Task.WhenAll(senders.Select(sender => sender.CompleteAsync(positions, Stopped)));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var opening in _senders)
        {
            await opening.ContinueWith(_ => { }, TaskScheduler.Current);
            if (opening.IsCompletedSuccessfully)
                await (await opening).DisposeAsync();
        }
        _stop.Dispose();
    }

    private int ReceiverOf(int layer)
    {
        for (var index = 0; index < targets.Length; index++)
            if (layer >= targets[index].FirstLayer && layer < targets[index].FirstLayer + targets[index].LayerCount)
                return index;
        throw new KvTransferException($"No receiver wants layer {layer}.");
    }
}
