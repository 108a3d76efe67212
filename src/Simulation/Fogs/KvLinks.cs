using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;

namespace E2LLM.Simulation.Fogs;

/// <summary>The network interfaces of the devices, which KV caches share: each device sends and receives at its links' bandwidth.</summary>
/// <remarks>
/// The receiver cuts the layers differently, so each sender has a piece for each receiver whose range overlaps its own. An interface passes
/// what it has been given in that order and never waits for its peer, as connections that share it do; a piece has arrived when both have
/// passed it.
/// </remarks>
internal sealed class KvLinks(ModelSpec model, FleetSpec fleet)
{
    private readonly Dictionary<string, double> _sendsUntil = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _receivesUntil = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _sends = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _receives = new(StringComparer.Ordinal);

    /// <summary>
    /// Sends the cache of a prompt that has been read. Layers travel while later ones and later chunks are computed: what is left at the end is the last
    /// chunk's share. A cache that had to wait for its slot is sent when it has one, as a whole, and that wait counts with the trip's.
    /// </summary>
    /// <param name="from">Who has read it.</param>
    /// <param name="to">Who writes the answer.</param>
    /// <param name="tokens">Its positions.</param>
    /// <param name="readSeconds">When it had been read.</param>
    /// <param name="nowSeconds">The time: the slot is there.</param>
    public KvTrip SendRead(ReplicaPlan from, ReplicaPlan to, int tokens, double readSeconds, double nowSeconds)
    {
        var slotWait = Math.Max(0, nowSeconds - readSeconds);
        var maxStep = from.Engine.MaxStepTokens;
        var chunks = slotWait > 0 ? 1 : Math.Max(1, (tokens + maxStep - 1) / maxStep);
        var trip = Send(from, to, tokens, 1.0 / chunks, nowSeconds);
        return trip with { WaitSeconds = slotWait + trip.WaitSeconds };
    }

    /// <summary>Sends a cache.</summary>
    /// <param name="from">Whose it is.</param>
    /// <param name="to">Who needs it.</param>
    /// <param name="tokens">Its positions.</param>
    /// <param name="leftShare">Above 0 to 1: what is left of it now; the rest may have travelled before, where the interfaces were free.</param>
    /// <param name="nowSeconds">The time.</param>
    private KvTrip Send(ReplicaPlan from, ReplicaPlan to, int tokens, double leftShare, double nowSeconds)
    {
        var (latency, bytes) = (0.0, 0.0);
        _sends.Clear();
        _receives.Clear();
        foreach (var source in from.Stages)
            foreach (var target in to.Stages)
            {
                var first = Math.Max(source.FirstLayer, target.FirstLayer);
                var layers = Math.Min(source.EndLayer, target.EndLayer) - first;
                if (layers <= 0)
                    continue;
                var link = fleet.Link(source.DeviceId, target.DeviceId);
                var piece = (double)tokens * model.KvBytesPerToken(first, layers);
                var seconds = piece / link.BandwidthBytesPerSecond;
                _sends[source.DeviceId] = _sends.GetValueOrDefault(source.DeviceId) + seconds;
                _receives[target.DeviceId] = _receives.GetValueOrDefault(target.DeviceId) + seconds;
                latency = Math.Max(latency, link.LatencySeconds);
                bytes += piece;
            }

        var (passed, alone) = (nowSeconds, nowSeconds);
        Pass(_sends, _sendsUntil);
        Pass(_receives, _receivesUntil);
        return new KvTrip(passed + latency, passed - alone, bytes);

        void Pass(Dictionary<string, double> busy, Dictionary<string, double> until)
        {
            foreach (var (device, seconds) in busy)
            {
                var begun = nowSeconds - (1 - leftShare) * seconds;
                var done = until[device] = Math.Max(begun, until.GetValueOrDefault(device)) + seconds;
                (passed, alone) = (Math.Max(passed, done), Math.Max(alone, begun + seconds));
            }
        }
    }
}

/// <summary>A KV cache on its way.</summary>
/// <param name="ArrivalSeconds">When all of it is there.</param>
/// <param name="WaitSeconds">What others on the same interfaces cost it, and the slot that was not there.</param>
/// <param name="Bytes">How much travels.</param>
internal readonly record struct KvTrip(double ArrivalSeconds, double WaitSeconds, double Bytes);
