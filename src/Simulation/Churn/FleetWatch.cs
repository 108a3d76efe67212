using E2LLM.Core.Fleets;
using E2LLM.Scheduling.Protocols.Fleets;

namespace E2LLM.Simulation.Churn;

/// <summary>Who is there, and when the fleet is planned anew: that <see cref="FleetMachine"/> decides, as if each device were a silo of its own.</summary>
internal sealed class FleetWatch
{
    private readonly FleetSpec _fleet;
    private readonly FleetMachine _machine;
    private readonly SortedDictionary<string, long> _incarnations = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _present = new(StringComparer.Ordinal);
    private HashSet<string> _taken;

    /// <param name="fleet">All devices that are ever there.</param>
    /// <param name="times">How long a silent device is waited for.</param>
    /// <param name="absent">Ids of those that are not there at the start.</param>
    public FleetWatch(FleetSpec fleet, FleetTimes times, IReadOnlySet<string> absent)
    {
        (_fleet, _machine) = (fleet, new FleetMachine(times, new FleetRecords(), [], 0));
        foreach (var device in fleet.Devices.Where(device => !absent.Contains(device.Id)))
            Join(device.Id, 0);
        _taken = [.. _machine.TakeChange([.. _present], 0)?.Devices.Select(device => device.Id) ?? []];
    }

    /// <summary>Ids of the devices that are there, whether anybody knows or not.</summary>
    public IReadOnlySet<string> Present => _present;

    /// <summary>Whether the fleet is not the one that was planned with, so that it has to be looked at often.</summary>
    public bool IsRestless => !_taken.SetEquals(_present);

    public void Join(string deviceId, double nowSeconds)
    {
        if (!_present.Add(deviceId))
            return;
        _incarnations[deviceId] = _incarnations.GetValueOrDefault(deviceId) + 1;
        _machine.Offer(
            new SiloOffer
            {
                Silo = deviceId,
                Incarnation = _incarnations[deviceId],
                Fleet = new FleetSpec { Name = _fleet.Name, Devices = [_fleet.Find(deviceId)!] },
                EmulatesNetwork = true,
            },
            nowSeconds);
    }

    public void Leave(string deviceId) => _present.Remove(deviceId);

    /// <summary>Those that are there say so.</summary>
    /// <returns>The fleet to plan with and what is new of it; null where it has not changed, or not come to rest.</returns>
    public (FleetSpec Fleet, string Reason)? TakeChange(double nowSeconds)
    {
        foreach (var device in _present)
            _machine.Renew(device, _incarnations[device], nowSeconds);
        if (_machine.TakeChange(_present, nowSeconds) is not { } taken)
            return null;
        var before = _taken;
        _taken = [.. taken.Devices.Select(device => device.Id)];
        string[] news =
        [
            .. before.Except(_taken).Order(StringComparer.Ordinal).Select(device => $"{device} left"),
            .. _taken.Except(before).Order(StringComparer.Ordinal).Select(device => $"{device} came"),
        ];
        return (Restrict(_fleet, _taken), string.Join(", ", news));
    }

    /// <summary>
    /// The devices of these ids, in the order of the whole fleet. A network lies between them that takes its own time, so replicas
    /// go on where only links to devices that left are gone.
    /// </summary>
    public static FleetSpec Restrict(FleetSpec fleet, IReadOnlySet<string> devices) => fleet with
    {
        Devices = [.. fleet.Devices.Where(device => devices.Contains(device.Id))],
        Links = [.. fleet.Links.Where(link => devices.Contains(link.From) && devices.Contains(link.To)).Select(link => link with { IsReal = true })],
        HasRealDefaultLink = true,
    };
}
