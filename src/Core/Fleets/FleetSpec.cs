using System.Collections.Immutable;

namespace E2LLM.Core.Fleets;

/// <summary>The devices that may serve, and the links between them.</summary>
[GenerateSerializer, Alias("E2LLM.FleetSpec"), Immutable]
public sealed record FleetSpec
{
    [NonSerialized] private LinkIndex? _named;

    [Id(0)] public required string Name { get; init; }

    [Id(1)] public required ImmutableArray<DeviceSpec> Devices { get; init; }

    /// <summary>Links that differ from the default, each for one direction.</summary>
    [Id(2)] public ImmutableArray<LinkSpec> Links { get; init; } = [];

    /// <summary>Bytes per second of every pair that <see cref="Links"/> does not name.</summary>
    [Id(3)] public double DefaultBandwidthBytesPerSecond { get; init; } = double.PositiveInfinity;

    /// <summary>One-way delay, in seconds, of every pair that <see cref="Links"/> does not name.</summary>
    [Id(4)] public double DefaultLatencySeconds { get; init; }

    /// <summary>As <see cref="LinkSpec.IsReal"/>, of the pairs that <see cref="Links"/> does not name.</summary>
    [Id(5)] public bool HasRealDefaultLink { get; init; }

    /// <summary>As <see cref="LinkSpec.LossShare"/>, of the pairs that <see cref="Links"/> does not name.</summary>
    [Id(6)] public double DefaultLossShare { get; init; }

    /// <summary>The link from one device to another; within a device it costs nothing.</summary>
    public LinkSpec Link(string from, string to)
    {
        if (from == to)
            return new LinkSpec { From = from, To = to, BandwidthBytesPerSecond = double.PositiveInfinity, LatencySeconds = 0 };
        return Named().GetValueOrDefault((from, to)) ?? new LinkSpec
        {
            From = from,
            To = to,
            BandwidthBytesPerSecond = DefaultBandwidthBytesPerSecond,
            LatencySeconds = DefaultLatencySeconds,
            IsReal = HasRealDefaultLink,
            LossShare = DefaultLossShare,
        };
    }

    /// <summary>By value: the same fleet, read or received twice, is equal.</summary>
    public bool Equals(FleetSpec? other) =>
        ReferenceEquals(this, other) || other is not null
        && Name == other.Name
        && DefaultBandwidthBytesPerSecond.Equals(other.DefaultBandwidthBytesPerSecond)
        && DefaultLatencySeconds.Equals(other.DefaultLatencySeconds)
        && HasRealDefaultLink == other.HasRealDefaultLink
        && DefaultLossShare.Equals(other.DefaultLossShare)
        && Devices.SequenceEqual(other.Devices)
        && Links.SequenceEqual(other.Links);

    public override int GetHashCode() => HashCode.Combine(Name, Devices.Length, Links.Length);

    public DeviceSpec? Find(string deviceId) => Devices.FirstOrDefault(device => device.Id == deviceId);

    /// <summary>By pair. The first of those that name one pair counts. Made once: routes ask for links of many pairs, each time anew.</summary>
    private Dictionary<(string From, string To), LinkSpec> Named()
    {
        // A copy with other links has the index of the ones before.
        if (_named is { } known && known.Of == Links)
            return known.ByPair;
        var byPair = new Dictionary<(string From, string To), LinkSpec>(Links.Length);
        foreach (var link in Links)
            byPair.TryAdd((link.From, link.To), link);
        _named = new(Links, byPair);
        return byPair;
    }

    private sealed record LinkIndex(ImmutableArray<LinkSpec> Of, Dictionary<(string From, string To), LinkSpec> ByPair);
}
