using E2LLM.Core.Kv;

namespace E2LLM.DataPlane.Tests.Fixtures;

/// <summary>A whole transfer, from opening to completion.</summary>
internal static class Delivery
{
    /// <summary>Retries at once, on the real clock.</summary>
    public static KvSenderOptions Options { get; } = new() { ReconnectDelaySeconds = 0.001, MaxReconnects = 100 };

    public static Task<KvSender> OpenAsync(KvDestination destination, KvSenderOptions options, TimeProvider? time = null) =>
        KvSender.OpenAsync(destination, options, time ?? TimeProvider.System, CancellationToken.None).Soon();

    /// <returns>The blocks as they were given to the sender.</returns>
    public static async Task<IReadOnlyList<KvBlock>> SendAsync(
        Cache cache, IEnumerable<KvBlockHeader> cut, KvDestination destination, KvSenderOptions options, TimeProvider? time = null)
    {
        await using var sender = await OpenAsync(destination, options, time);
        List<KvBlock> sent = [];
        foreach (var header in cut)
        {
            var block = cache.Block(header);
            sent.Add(block);
            await sender.SendAsync(block, CancellationToken.None).AsTask().Soon();
        }
        await sender.CompleteAsync(cache.Positions, CancellationToken.None).Soon();
        return sent;
    }
}
