using System.Collections.Immutable;
using E2LLM.Core.Fleets;

namespace E2LLM.Scheduling.Protocols.Fleets;

/// <summary>
/// The devices that may serve: what silos offer, for as long as they are heard of, less what somebody has ordered away. Events come in,
/// the fleet to plan with comes out (<see cref="TakeChange"/>); it calls nobody and has no clock. Events may come late, twice or not at all.
/// </summary>
public sealed class FleetMachine
{
    private const double Moment = 1e-3;
    private const int MeasuredNeighbours = 8;

    private readonly FleetTimes _times;

    /// <summary>When each silo was heard of last; a silo that has taken its leave is as if it had been silent since.</summary>
    private readonly Dictionary<string, double> _heardSeconds = new(StringComparer.Ordinal);

    private ImmutableDictionary<(string From, string To), SiloLink> _measured = ImmutableDictionary<(string From, string To), SiloLink>.Empty;
    private FleetSpec? _taken;
    private FleetSpec? _latest;

    /// <summary>The fleet that was composed last, and of what.</summary>
    private (ImmutableSortedDictionary<string, SiloOffer>? Offers, object? Measured, (string Silo, string Device)[] Usable, FleetSpec Fleet) _composed =
        (null, null, [], new FleetSpec { Name = "", Devices = [] });

    private readonly double _startSeconds;
    private double _changedSeconds;

    /// <param name="times">How long it waits for whom.</param>
    /// <param name="records">What is known from before.</param>
    /// <param name="liveSilos">Names of all silos of the cluster that live: of those it is as if they had been heard of now, of the others as if they never had.</param>
    /// <param name="nowSeconds">The time.</param>
    public FleetMachine(FleetTimes times, FleetRecords records, IReadOnlyCollection<string> liveSilos, double nowSeconds)
    {
        (_times, Records, _changedSeconds, _startSeconds) = (times, records, nowSeconds, nowSeconds);
        foreach (var silo in records.Offers.Keys)
            _heardSeconds[silo] = liveSilos.Contains(silo) ? nowSeconds : double.NegativeInfinity;
    }

    /// <summary>To be written where they have changed.</summary>
    public FleetRecords Records { get; private set; }

    /// <summary>What was taken last to be planned with; null: nothing yet.</summary>
    public FleetSpec? Taken => _taken;

    /// <summary>A silo starts, or brings something else than before.</summary>
    /// <returns>Its devices that another silo has, which is still there, each with that silo; null: the offer comes from an earlier process of a silo.</returns>
    public ImmutableDictionary<string, string>? Offer(SiloOffer offer, double nowSeconds)
    {
        var before = Records.Offers.GetValueOrDefault(offer.Silo);
        if (before is not null && before.Incarnation > offer.Incarnation)
            return null;
        var contested = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var offers = Records.Offers;
        foreach (var device in offer.Fleet.Devices)
            foreach (var other in offers.Values.Where(other => other.Silo != offer.Silo && other.Fleet.Find(device.Id) is not null))
                if (IsPresent(other.Silo, nowSeconds) && OrderOf(device.Id) != DeviceOrder.Evict)
                    contested[device.Id] = other.Silo;
                else
                    offers = offers.SetItem(other.Silo, Without(other, device.Id)); // it has moved
        offers = offers.SetItem(offer.Silo, contested.Count == 0 ? offer : offer with
        {
            Fleet = offer.Fleet with { Devices = offer.Fleet.Devices.RemoveAll(device => contested.ContainsKey(device.Id)) },
        });
        // The machine may stand elsewhere now.
        if (before?.Incarnation < offer.Incarnation)
            _measured = _measured.RemoveRange(_measured.Keys.Where(pair => pair.From == offer.Silo || pair.To == offer.Silo));
        // A drain and an eviction are of one life of the silo.
        var orders = Records.Orders.RemoveRange(Records.Orders
            .Where(order => order.Value.Order != DeviceOrder.Pause && order.Value.Silo == offer.Silo && order.Value.Incarnation < offer.Incarnation)
            .Select(order => order.Key));
        Records = Records with { Offers = offers, Orders = orders };
        _heardSeconds[offer.Silo] = nowSeconds;
        return contested.ToImmutable();
    }

    /// <summary>A silo is still there.</summary>
    /// <returns>Whether its offer is known; else it is to be made again.</returns>
    public bool Renew(string silo, long incarnation, double nowSeconds)
    {
        if (Records.Offers.GetValueOrDefault(silo) is not { } offer || offer.Incarnation != incarnation)
            return false;
        _heardSeconds[silo] = nowSeconds;
        return true;
    }

    /// <summary>A silo stops. Devices that were to leave are forgotten; the others are waited for as after a kill.</summary>
    public void Leave(string silo, long incarnation, double nowSeconds)
    {
        if (Records.Offers.GetValueOrDefault(silo) is not { } offer || offer.Incarnation != incarnation)
            return;
        _heardSeconds[silo] = Math.Min(_heardSeconds[silo], nowSeconds - _times.LeaseSeconds - Moment);
        ForgetDrained(offer);
    }

    /// <returns>Whether there is such a device.</returns>
    public bool Order(string deviceId, DeviceOrder order)
    {
        if (Records.Offers.Values.FirstOrDefault(offer => offer.Fleet.Find(deviceId) is not null) is not { } host)
            return false;
        Records = Records with
        {
            Orders = order == DeviceOrder.None
                ? Records.Orders.Remove(deviceId)
                : Records.Orders.SetItem(deviceId, new OrderedDevice(order, host.Silo, host.Incarnation)),
        };
        return true;
    }

    /// <summary>What was measured between two silos.</summary>
    public void Measured(SiloLink link)
    {
        // Else the fleet would change with every measurement.
        if (!_measured.TryGetValue((link.From, link.To), out var known) || !known.IsLike(link.BytesPerSecond, link.LatencySeconds))
            _measured = _measured.SetItem((link.From, link.To), link);
    }

    /// <summary>
    /// A silo to which the network from this one shall be measured; null: all is known that has to be. Nothing has to where a file declares the
    /// network, and to a few others only, the next ones in the order of their names: the whole of a large network would take days.
    /// </summary>
    public SiloOffer? NextMeasurement(string silo, double nowSeconds)
    {
        if (Records.Offers.Values.Any(offer => offer.EmulatesNetwork || HasDefaultLink(offer.Fleet)))
            return null;
        SiloOffer[] hosts = [.. Records.Offers.Values.Where(offer => offer.Fleet.Devices.Length > 0)];
        var own = Array.FindIndex(hosts, offer => offer.Silo == silo);
        return own < 0 ? null : Enumerable.Range(1, Math.Min(MeasuredNeighbours, hosts.Length - 1)).Select(step => hosts[(own + step) % hosts.Length])
            .FirstOrDefault(to => !_measured.ContainsKey((silo, to.Silo)) && IsPresent(to.Silo, nowSeconds));
    }

    /// <summary>The fleet to plan with, where it has changed and has come to rest.</summary>
    /// <param name="liveSilos">Names of all silos of the cluster that live.</param>
    /// <param name="nowSeconds">The time.</param>
    public FleetSpec? TakeChange(IReadOnlyCollection<string> liveSilos, double nowSeconds)
    {
        // Its word that it leaves may have been lost.
        foreach (var silent in Records.Offers.Values.Where(offer => nowSeconds - _heardSeconds[offer.Silo] > _times.LeaseSeconds + _times.AwaySeconds))
            ForgetDrained(silent);
        var fleet = Compose(nowSeconds);
        if (!fleet.Equals(_latest))
            (_latest, _changedSeconds) = (fleet, nowSeconds);
        if (fleet.Equals(_taken) || IsIncomplete(nowSeconds))
            return null;
        var haveAllSpoken = liveSilos.All(silo => Records.Offers.ContainsKey(silo) && IsPresent(silo, nowSeconds)) && !HasOnlyOtherLinks(fleet, _taken);
        if (!haveAllSpoken && nowSeconds - _changedSeconds < _times.SettleSeconds)
            return null;
        if (!Records.HasBegun)
            Records = Records with { HasBegun = true };
        return _taken = fleet;
    }

    /// <summary>All devices, by their silos' names: those that plans may use, and those that they may not.</summary>
    /// <returns>Device, silo, state, and the seconds since the silo was heard of.</returns>
    public IEnumerable<(DeviceSpec Device, SiloOffer Silo, DeviceState State, double SilentSeconds)> Devices(double nowSeconds) =>
        from offer in Records.Offers.Values
        from device in offer.Fleet.Devices
        let state = StateOf(offer, device.Id, nowSeconds)
        where state is not null
        select (device, offer, state.Value, nowSeconds - _heardSeconds[offer.Silo]);

    /// <returns>Null: evicted. A device that is to leave counts as draining; whether it holds anything is not known here.</returns>
    private DeviceState? StateOf(SiloOffer offer, string deviceId, double nowSeconds) => OrderOf(deviceId) switch
    {
        DeviceOrder.Evict => null,
        DeviceOrder.Pause => DeviceState.Paused,
        DeviceOrder.Drain => DeviceState.Draining,
        _ when offer.Withheld.Contains(deviceId) => DeviceState.Withheld,
        _ => (nowSeconds - _heardSeconds[offer.Silo]) switch
        {
            var silent when silent <= _times.LeaseSeconds => DeviceState.Offered,
            var silent when silent <= _times.LeaseSeconds + _times.AwaySeconds => DeviceState.Missing,
            _ => DeviceState.Away,
        },
    };

    /// <summary>
    /// Whether silos are still waited for: before the first plan of all as many as there have to be; after a power cut those that were there before,
    /// for as long as a missing one is waited for.
    /// </summary>
    private bool IsIncomplete(double nowSeconds)
    {
        var present = Records.Offers.Keys.Count(silo => IsPresent(silo, nowSeconds));
        return !Records.HasBegun
            ? present < _times.MinimumSilos
            : _taken is null && present < Math.Min(_times.MinimumSilos, Records.Offers.Count) && nowSeconds - _startSeconds <= _times.LeaseSeconds + _times.AwaySeconds;
    }

    /// <summary>Made anew only where something has come to it: the links of one silo's devices are as many as their pairs.</summary>
    private FleetSpec Compose(double nowSeconds)
    {
        (string Silo, string Device)[] usable =
        [
            .. from offer in Records.Offers.Values
               from device in offer.Fleet.Devices
               where StateOf(offer, device.Id, nowSeconds) is DeviceState.Offered or DeviceState.Missing
               select (offer.Silo, device.Id),
        ];
        if (_latest is null || Records.Offers != _composed.Offers || _measured != _composed.Measured || !usable.AsSpan().SequenceEqual(_composed.Usable))
        {
            var set = usable.ToHashSet();
            _composed = (Records.Offers, _measured, usable,
                FleetComposer.Compose(Records.Offers.Values, (offer, device) => set.Contains((offer.Silo, device.Id)), [.. _measured.Values]));
        }
        return _composed.Fleet;
    }

    /// <summary>Measurements come one by one.</summary>
    private static bool HasOnlyOtherLinks(FleetSpec fleet, FleetSpec? taken) => taken is not null && fleet.Devices.SequenceEqual(taken.Devices);

    private static bool HasDefaultLink(FleetSpec fleet) => !double.IsPositiveInfinity(fleet.DefaultBandwidthBytesPerSecond) || fleet.DefaultLatencySeconds > 0;

    private DeviceOrder OrderOf(string deviceId) => Records.Orders.TryGetValue(deviceId, out var ordered) ? ordered.Order : DeviceOrder.None;

    private bool IsPresent(string silo, double nowSeconds) => nowSeconds - _heardSeconds[silo] <= _times.LeaseSeconds;

    private void ForgetDrained(SiloOffer offer)
    {
        var kept = offer.Fleet.Devices.RemoveAll(device => OrderOf(device.Id) == DeviceOrder.Drain);
        if (kept.Length == offer.Fleet.Devices.Length)
            return;
        Records = Records with
        {
            Offers = kept.IsEmpty ? Records.Offers.Remove(offer.Silo) : Records.Offers.SetItem(offer.Silo, offer with { Fleet = offer.Fleet with { Devices = kept } }),
            Orders = Records.Orders.RemoveRange(offer.Fleet.Devices.Except(kept).Select(device => device.Id)),
        };
        if (kept.IsEmpty)
            _heardSeconds.Remove(offer.Silo);
    }

    private static SiloOffer Without(SiloOffer offer, string deviceId) =>
        offer with { Fleet = offer.Fleet with { Devices = offer.Fleet.Devices.RemoveAll(device => device.Id == deviceId) } };
}
