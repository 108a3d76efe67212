using System.Collections.Immutable;
using E2LLM.Core.Fleets;

namespace E2LLM.Scheduling.Protocols.Fleets;

/// <summary>Makes one fleet of what several silos offer.</summary>
internal sealed class FleetComposer
{
    /// <summary>Of a fleet of several silos whose files give it different names.</summary>
    private const string CommonName = "fog";

    private readonly SiloOffer[] _offers;
    private readonly Dictionary<string, SiloOffer> _siloOf = new(StringComparer.Ordinal);
    private readonly Dictionary<(string From, string To), LinkSpec> _links = [];
    private readonly bool _isReal;
    private readonly double _lossShare;
    private double _bytesPerSecond;
    private double _latencySeconds;

    private FleetComposer(IEnumerable<SiloOffer> offers)
    {
        _offers = [.. offers.Where(offer => offer.Fleet.Devices.Length > 0)];
        _isReal = _offers.Length > 1 && !_offers.Any(offer => offer.EmulatesNetwork);
        // Nobody is promised a faster network than he has.
        _bytesPerSecond = _offers.Select(offer => offer.Fleet.DefaultBandwidthBytesPerSecond).DefaultIfEmpty(double.PositiveInfinity).Min();
        _latencySeconds = _offers.Select(offer => offer.Fleet.DefaultLatencySeconds).DefaultIfEmpty(0).Max();
        _lossShare = _offers.Select(offer => offer.Fleet.DefaultLossShare).DefaultIfEmpty(0).Max();
    }

    /// <param name="offers">In the order of the silos' names.</param>
    /// <param name="isUsable">Whether a device may be planned with.</param>
    /// <param name="measured">What is not declared by any file is taken from these.</param>
    public static FleetSpec Compose(IEnumerable<SiloOffer> offers, Func<SiloOffer, DeviceSpec, bool> isUsable, IReadOnlyCollection<SiloLink> measured)
    {
        var composer = new FleetComposer(offers);
        var devices = composer.Devices(isUsable);
        composer.AddDeclared();
        if (composer._isReal)
        {
            composer.AddMeasured(measured);
            composer.AddWithin();
        }
        string[] names = [.. composer._offers.Select(offer => offer.Fleet.Name).Distinct(StringComparer.Ordinal)];
        return new FleetSpec
        {
            Name = names is [var only] ? only : CommonName,
            Devices = devices,
            Links = [.. composer._links.Values],
            DefaultBandwidthBytesPerSecond = composer._bytesPerSecond,
            DefaultLatencySeconds = composer._latencySeconds,
            HasRealDefaultLink = composer._isReal,
            DefaultLossShare = composer._lossShare,
        };
    }

    private ImmutableArray<DeviceSpec> Devices(Func<SiloOffer, DeviceSpec, bool> isUsable)
    {
        var devices = ImmutableArray.CreateBuilder<DeviceSpec>();
        foreach (var offer in _offers)
            foreach (var device in offer.Fleet.Devices)
                if (isUsable(offer, device) && _siloOf.TryAdd(device.Id, offer))
                    devices.Add(device);
        return devices.ToImmutable();
    }

    private void AddDeclared()
    {
        foreach (var offer in _offers)
            foreach (var link in offer.Fleet.Links)
                if (_siloOf.TryGetValue(link.From, out var from) && _siloOf.TryGetValue(link.To, out var to))
                {
                    var placed = link with { IsReal = _isReal && from != to };
                    // Who hosts the sender knows best.
                    if (offer == from)
                        _links[(link.From, link.To)] = placed;
                    else
                        _links.TryAdd((link.From, link.To), placed);
                }
    }

    /// <summary>Where no file gives a default link it is the network's median, and only what is unlike it is named: a network has many pairs.</summary>
    private void AddMeasured(IReadOnlyCollection<SiloLink> measured)
    {
        SiloLink[] known = [.. measured.Where(link => _offers.Any(offer => offer.Silo == link.From) && _offers.Any(offer => offer.Silo == link.To))];
        if (known.Length == 0)
            return;
        if (double.IsPositiveInfinity(_bytesPerSecond) && _latencySeconds == 0)
            (_bytesPerSecond, _latencySeconds) = (Median(known.Select(link => link.BytesPerSecond)), Median(known.Select(link => link.LatencySeconds)));
        var devices = _siloOf.ToLookup(pair => pair.Value.Silo, pair => pair.Key, StringComparer.Ordinal);
        foreach (var link in known.Where(link => !link.IsLike(_bytesPerSecond, _latencySeconds)))
            foreach (var from in devices[link.From])
                foreach (var to in devices[link.To])
                    _links.TryAdd((from, to), new LinkSpec
                    {
                        From = from,
                        To = to,
                        BandwidthBytesPerSecond = link.BytesPerSecond,
                        LatencySeconds = link.LatencySeconds,
                        IsReal = true,
                    });
    }

    /// <summary>Devices of one silo keep the default link of its file, which says nothing of other silos' devices.</summary>
    private void AddWithin()
    {
        foreach (var silo in _siloOf.GroupBy(pair => pair.Value, pair => pair.Key))
            foreach (var from in silo)
                foreach (var to in silo)
                    if (from != to)
                        _links.TryAdd((from, to), silo.Key.Fleet.Link(from, to));
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
