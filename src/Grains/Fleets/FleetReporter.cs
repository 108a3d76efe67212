using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.DataPlane.Sending;
using E2LLM.Grains.Hosting;
using E2LLM.Grains.Interfaces.Devices;
using E2LLM.Grains.Interfaces.Fleets;
using E2LLM.Scheduling.Protocols.Fleets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace E2LLM.Grains.Fleets;

/// <summary>Brings this silo's devices to the fleet, says that they are still there, and takes its leave.</summary>
internal sealed partial class FleetReporter(
    IGrainFactory grains,
    LocalFleet local,
    ILocalSiloDetails silo,
    ISiloStatusOracle silos,
    IOptions<FleetTimes> times,
    IOptions<KvSenderOptions> senderOptions,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<FleetReporter> logger) : LeaseReporter(silo, silos, times.Value, lifetime, time)
{
    /// <summary>What has been said of devices that are not taken; once each.</summary>
    private readonly HashSet<(string, string)> _told = [];

    /// <summary>The devices that were withheld when all others were taken last; null: the offer is to be made.</summary>
    private ImmutableArray<string>? _offered;

    private Task _measuring = Task.CompletedTask;

    private IFleetGrain Fleet => grains.GetGrain<IFleetGrain>(local.ModelId);

    protected override async Task TellAsync(CancellationToken cancellationToken)
    {
        var withheld = Withheld();
        if (_offered is { } offered && offered.SequenceEqual(withheld))
        {
            var answer = await Fleet.RenewAsync(Silo, Incarnation).WaitAsync(cancellationToken);
            if (answer.MeasureTo.Length > 0 && _measuring.IsCompleted)
                _measuring = MeasureAsync(answer, cancellationToken);
            if (!answer.MustOffer)
                return;
        }
        _offered = null;
        // What another silo has is asked for again until it leaves.
        if (await OfferAsync(withheld).WaitAsync(cancellationToken))
            _offered = withheld;
    }

    protected override Task LeaveAsync() => Fleet.LeaveAsync(Silo, Incarnation);

    protected override void LogNotHeard(string reason) => LogNotHeard(local.ModelId, reason);

    /// <returns>Whether all devices were taken.</returns>
    private async Task<bool> OfferAsync(ImmutableArray<string> withheld)
    {
        var answer = await Fleet.OfferAsync(new SiloOffer
        {
            Silo = Silo,
            Incarnation = Incarnation,
            Fleet = local.Fleet,
            EmulatesNetwork = local.EmulatesNetwork,
            Withheld = withheld,
        });
        if (answer.IsOutdated && _told.Add((Silo, "")))
            LogOutdated(Silo);
        foreach (var (device, holder) in answer.Contested)
            if (_told.Add((device, holder)))
                LogContested(device, holder);
        return !answer.IsOutdated && answer.Contested.IsEmpty;
    }

    /// <summary>Beside the renewals: it may take longer than a lease.</summary>
    private async Task MeasureAsync(RenewAnswer wanted, CancellationToken cancellationToken)
    {
        try
        {
            var (bytesPerSecond, seconds) = await new LinkProbe(senderOptions.Value, Time)
                .MeasureAsync(grains.GetGrain<IDeviceGrain>(wanted.MeasureTo), cancellationToken);
            LogMeasured(wanted.MeasureToSilo, bytesPerSecond / 1e6, seconds * 1e3);
            await Fleet.ReportLinkAsync(new SiloLink(Silo, wanted.MeasureToSilo, bytesPerSecond, seconds)).WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException or E2LlmException)
        {
            // Asked for again by the next renewal.
            if (_told.Add((wanted.MeasureToSilo, "unmeasured")))
                LogNotMeasured(wanted.MeasureToSilo, exception.Message);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private ImmutableArray<string> Withheld() => local.Hours.Contains(TimeOnly.FromTimeSpan(Time.GetLocalNow().TimeOfDay))
        ? []
        : [.. local.Fleet.Devices.Select(device => device.Id)];

    [LoggerMessage(Level = LogLevel.Warning, Message = "The fleet of {Model} cannot be told of this silo's devices, trying again: {Reason}")]
    private partial void LogNotHeard(string model, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The network to silo {Silo}: {MegabytesPerSecond:0.#} MB/s, {Milliseconds:0.###} ms one way (measured).")]
    private partial void LogMeasured(string silo, double megabytesPerSecond, double milliseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The network to silo {Silo} cannot be measured, and is taken for the others' median: {Reason}")]
    private partial void LogNotMeasured(string silo, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A later process of silo {Silo} serves already, so this one's devices are not used. Give each silo a name of its own (E2LLM:Silo:Name).")]
    private partial void LogOutdated(string silo);

    [LoggerMessage(Level = LogLevel.Error, Message = "Device {Device} is hosted by silo {Holder} already, so this silo's is not used. It will be once that silo has left; or give it an id of its own.")]
    private partial void LogContested(string device, string holder);
}
