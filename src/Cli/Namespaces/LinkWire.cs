using E2LLM.Core.Fleets;

namespace E2LLM.Cli.Namespaces;

/// <summary>
/// One direction of a link, as the frames on it meet it: they leave one after the other at the link's rate, wait in a queue of bounded length
/// before that, are lost now and then, and each takes the delay besides. Pure: the caller brings the time.
/// </summary>
/// <param name="link">Rate, delay and loss.</param>
/// <param name="seed">Of the losses: the same seed loses the same frames.</param>
internal sealed class LinkWire(LinkSpec link, int seed)
{
    /// <summary>What a good router keeps: several round trips of a house, and not seconds.</summary>
    private const double QueueSeconds = 0.05;

    /// <summary>Of slow links: less would not hold what a connection sends at its start.</summary>
    private const double LeastQueueBytes = 64 << 10;

    private readonly Random _random = new(seed);
    private readonly double _queueSeconds = Math.Max(QueueSeconds, LeastQueueBytes / link.BandwidthBytesPerSecond);
    private double _freeAtSeconds = double.NegativeInfinity;

    /// <returns>When the frame comes out at the other end; null: it is lost, or the queue has no room for it.</returns>
    public double? Send(double nowSeconds, int bytes)
    {
        var startSeconds = Math.Max(nowSeconds, _freeAtSeconds);
        if (startSeconds - nowSeconds > _queueSeconds)
            return null;
        _freeAtSeconds = startSeconds + (bytes / link.BandwidthBytesPerSecond);
        // A frame that is lost in the air has taken its time on it.
        return link.LossShare > 0 && _random.NextDouble() < link.LossShare ? null : _freeAtSeconds + link.LatencySeconds;
    }
}
