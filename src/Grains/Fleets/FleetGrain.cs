using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Grains.Hosting;
using E2LLM.Grains.Interfaces.Devices;
using E2LLM.Grains.Interfaces.Fleets;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Weights;
using E2LLM.Grains.Requests;
using E2LLM.Scheduling.Protocols.Fleets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Placement;
using Orleans.Storage;

namespace E2LLM.Grains.Fleets;

/// <summary>
/// The devices that may serve a model. Which those are, <see cref="FleetMachine"/> decides; this grain hears silos, stores what is to
/// outlive it, and has each fleet planned with.
/// </summary>
[GrainType("fleet"), Immovable, KeepAlive]
public sealed partial class FleetGrain(
    [PersistentState("fleet", JournalStorage.ProviderName)] IPersistentState<FleetJournal> journal,
    IOptions<FleetTimes> times,
    ISiloStatusOracle silos,
    TimeProvider time,
    SiloShutdown shutdown,
    ILogger<FleetGrain> logger) : Grain, IFleetGrain, IDisposable
{
    private static readonly TimeSpan TickPeriod = TimeSpan.FromSeconds(0.25);

    /// <summary>How long a device may take to say what it still holds.</summary>
    private static readonly TimeSpan DevicePatience = TimeSpan.FromSeconds(2);

    private FleetMachine? _machine;
    private FleetRecords? _written;
    private Task _lastWrite = Task.CompletedTask;
    private CancellationTokenSource? _applying;

    /// <summary>Whether the latest fleet has been planned with, or cannot be.</summary>
    private bool _isApplied;

    private string ModelId => this.GetPrimaryKeyString();

    private double NowSeconds => time.GetTimestamp() / (double)time.TimestampFrequency;

    private FleetMachine Machine => _machine ?? throw new InvalidOperationException("The grain has not been activated.");

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var records = journal.State.Read();
        (_machine, _written) = (new FleetMachine(times.Value, records, LiveSilos(), NowSeconds), records);
        this.RegisterGrainTimer(TickAsync, new GrainTimerCreationOptions { DueTime = TickPeriod, Period = TickPeriod, Interleave = true });
        await base.OnActivateAsync(cancellationToken);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Dispose();
        // What is still being written would make the records of whoever looks after the fleet next outdated.
        await _lastWrite.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        await base.OnDeactivateAsync(reason, cancellationToken);
    }

    /// <summary>Ends the attempts at the latest fleet; whoever has given up on it waits no longer.</summary>
    public void Dispose()
    {
        _applying?.Cancel();
        _applying?.Dispose();
        _applying = null;
    }

    public async Task<OfferAnswer> OfferAsync(SiloOffer offer)
    {
        if (Machine.Offer(offer, NowSeconds) is not { } contested)
            return new OfferAnswer { IsOutdated = true };
        LogOffered(offer.Silo, offer.Fleet.Devices.Length - contested.Count, ModelId);
        await TickAsync();
        return new OfferAnswer { Contested = contested };
    }

    public Task<RenewAnswer> RenewAsync(string silo, long incarnation)
    {
        if (!Machine.Renew(silo, incarnation, NowSeconds))
            return Task.FromResult(new RenewAnswer { MustOffer = true });
        return Task.FromResult(Machine.NextMeasurement(silo, NowSeconds) is { } to
            ? new RenewAnswer { MeasureTo = to.Fleet.Devices[0].Id, MeasureToSilo = to.Silo }
            : new RenewAnswer());
    }

    public Task LeaveAsync(string silo, long incarnation)
    {
        LogLeft(silo, ModelId);
        Machine.Leave(silo, incarnation, NowSeconds);
        return TickAsync();
    }

    public Task ReportLinkAsync(SiloLink link)
    {
        Machine.Measured(link);
        return Task.CompletedTask;
    }

    public async Task<FleetStatus> GetStatusAsync()
    {
        var asking = WeightsAsync();
        var known = Machine.Devices(NowSeconds).ToArray();
        var states = await Task.WhenAll(known.Select(async device =>
            device.State == DeviceState.Draining && await IsDrainedAsync(device.Device.Id) ? DeviceState.Drained : device.State));
        var weights = await asking;
        return new()
        {
            Fleet = Machine.Taken,
            Devices = [.. known.Zip(states, (device, state) => new FleetDevice
            {
                Spec = device.Device,
                Silo = device.Silo.Silo,
                Incarnation = device.Silo.Incarnation,
                State = state,
                SilentSeconds = device.SilentSeconds,
                Weights = weights.FirstOrDefault(silo => silo.Silo == device.Silo.Silo),
            })],
        };
    }

    public async Task<FleetStatus> OrderAsync(string deviceId, DeviceOrder order)
    {
        if (!Machine.Order(deviceId, order))
            throw new ConfigurationException(
                $"No silo hosts device '{deviceId}' for model '{ModelId}'. There are: {string.Join(", ", Machine.Devices(NowSeconds).Select(known => known.Device.Id))}.");
        LogOrdered(deviceId, order, ModelId);
        await TickAsync();
        return await GetStatusAsync();
    }

    private async Task TickAsync()
    {
        // Also on a silo that stops: whoever looks after the fleet next has to know who has left.
        await WriteAsync();
        if (shutdown.HasBegun)
            return;
        if (Machine.TakeChange(LiveSilos(), NowSeconds) is not { } fleet)
            return;
        Dispose();
        _applying = new CancellationTokenSource();
        _ = ApplyAsync(fleet, _applying.Token);
    }

    private async Task ApplyAsync(FleetSpec fleet, CancellationToken cancellationToken)
    {
        LogFleet(ModelId, fleet.Name, fleet.Devices.Length);
        _isApplied = false;
        var plan = GrainFactory.GetGrain<IPlanGrain>(ModelId);
        Func<Task> apply = fleet.Devices.IsEmpty ? plan.StopAsync : () => plan.ApplyAsync(fleet);
        try
        {
            await new FleetAttempts(ModelId, fleet.Name, apply, time, logger).RunAsync(cancellationToken);
            _isApplied = true;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Another fleet has come since.
        }
    }

    /// <summary>One write at a time, and only of what has changed. A store that does not answer is told again at the next tick.</summary>
    private Task WriteAsync() => ReferenceEquals(Machine.Records, _written) ? Task.CompletedTask : _lastWrite = WriteAfterAsync(_lastWrite);

    private async Task WriteAfterAsync(Task before)
    {
        await before;
        var records = Machine.Records;
        if (ReferenceEquals(records, _written))
            return;
        journal.State.Write(records);
        try
        {
            await journal.WriteStateAsync();
            _written = records;
        }
        catch (InconsistentStateException)
        {
            await YieldAsync();
        }
        catch (Exception exception)
        {
            // An outage is said once, by the store.
            if (!StorageFaults.IsOutage(exception))
                LogNotWritten(exception, ModelId);
        }
    }

    /// <summary>Somebody else looks after the fleet too, and has written last: there must be but one, and silos say again what they bring. A store that was emptied is written anew.</summary>
    private async Task YieldAsync()
    {
        try
        {
            await journal.ReadStateAsync();
            if (journal.RecordExists)
                DeactivateOnIdle();
        }
        catch (Exception exception)
        {
            if (!StorageFaults.IsOutage(exception))
                LogNotWritten(exception, ModelId);
        }
    }

    /// <summary>None, where nobody says.</summary>
    private async Task<ImmutableArray<SiloWeights>> WeightsAsync()
    {
        try
        {
            return await GrainFactory.GetGrain<IWeightsGrain>(ModelId).GetSilosAsync().WaitAsync(DevicePatience, time);
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            return [];
        }
    }

    /// <summary>Not before the plan has been made without it: between two plans a device may hold nothing for a moment.</summary>
    private async Task<bool> IsDrainedAsync(string deviceId)
    {
        if (!_isApplied)
            return false;
        try
        {
            return (await GrainFactory.GetGrain<IDeviceGrain>(deviceId).DescribeAsync().WaitAsync(DevicePatience, time)).LoadedStages == 0;
        }
        catch (DeviceUnavailableException)
        {
            return true; // its silo is gone, and all that it held
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            return false; // as far as anybody knows
        }
    }

    private IReadOnlyCollection<string> LiveSilos() =>
        [.. silos.GetActiveSilos().Select(silo => silos.TryGetSiloName(silo, out var name) ? name : "").Where(name => name.Length > 0)];
}
