using System.Collections.Immutable;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;

namespace E2LLM.Scheduling.Protocols.HandOff;

/// <summary>The links that KV caches take from one replica to another: one for each pair of stages with layers in common.</summary>
public sealed class KvPath
{
    private readonly ImmutableArray<(double LatencySeconds, double SecondsPerToken)> _pieces;

    private KvPath(ImmutableArray<(double, double)> pieces) => _pieces = pieces;

    public static KvPath Between(ReplicaPlan prefill, ReplicaPlan decoder, ModelSpec model, FleetSpec fleet)
    {
        var pieces = ImmutableArray.CreateBuilder<(double, double)>();
        foreach (var source in prefill.Stages)
            foreach (var target in decoder.Stages)
            {
                var first = Math.Max(source.FirstLayer, target.FirstLayer);
                var layers = Math.Min(source.EndLayer, target.EndLayer) - first;
                if (layers <= 0)
                    continue;
                var link = fleet.Link(source.DeviceId, target.DeviceId);
                pieces.Add((link.LatencySeconds, model.KvBytesPerToken(first, layers) / link.BandwidthBytesPerSecond));
            }
        return new KvPath(pieces.ToImmutable());
    }

    /// <summary>Seconds that a cache of so many positions takes: its slowest transfer, each over a link of its own.</summary>
    public double Seconds(long promptTokens)
    {
        var slowest = 0.0;
        foreach (var (latencySeconds, secondsPerToken) in _pieces)
            slowest = Math.Max(slowest, latencySeconds + promptTokens * secondsPerToken);
        return slowest;
    }
}
