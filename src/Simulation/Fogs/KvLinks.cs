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

    /// <summary>Sends a cache.</summary>
    /// <param name="from">Whose it is.</param>
    /// <param name="to">Who needs it.</param>
    /// <param name="tokens">Its positions.</param>
    /// <param name="leftShare">Above 0 to 1: what is left of it now; the rest may have travelled before, where the interfaces were free.</param>
    /// <param name="nowSeconds">The time.</param>
    public KvTrip Send(ReplicaPlan from, ReplicaPlan to, int tokens, double leftShare, double nowSeconds)
    {
        var (arrival, alone, all) = (nowSeconds, nowSeconds, 0.0);
        foreach (var source in from.Stages)
            foreach (var target in to.Stages)
            {
                var first = Math.Max(source.FirstLayer, target.FirstLayer);
                var layers = Math.Min(source.EndLayer, target.EndLayer) - first;
                if (layers <= 0)
                    continue;
                var link = fleet.Link(source.DeviceId, target.DeviceId);
                var bytes = (double)tokens * model.KvBytesPerToken(first, layers);
                var seconds = bytes / link.BandwidthBytesPerSecond;
                var begun = nowSeconds - (1 - leftShare) * seconds;
                var sent = _sendsUntil[source.DeviceId] = Math.Max(begun, _sendsUntil.GetValueOrDefault(source.DeviceId)) + seconds;
                var received = _receivesUntil[target.DeviceId] = Math.Max(begun, _receivesUntil.GetValueOrDefault(target.DeviceId)) + seconds;
                arrival = Math.Max(arrival, Math.Max(sent, received) + link.LatencySeconds);
                alone = Math.Max(alone, begun + seconds + link.LatencySeconds);
                all += bytes;
            }

        return new KvTrip(arrival, arrival - alone, all);
    }
}

/// <summary>A KV cache on its way.</summary>
/// <param name="ArrivalSeconds">When all of it is there.</param>
/// <param name="WaitSeconds">What others on the same interfaces cost it.</param>
/// <param name="Bytes">How much travels.</param>
internal readonly record struct KvTrip(double ArrivalSeconds, double WaitSeconds, double Bytes);
