using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Grains.Interfaces.Devices;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Grains.Placement;
using E2LLM.Scheduling.Protocols.Plans;
using Microsoft.Extensions.Logging;

namespace E2LLM.Grains.Plans;

/// <summary>
/// Carries the effects of a plan's machine out: calls replicas and devices, and says what to tell the machine of it. Never throws: what a
/// call throws is an event like any other.
/// </summary>
internal sealed partial class PlanCalls(
    string modelId, IGrainFactory grains, DeviceSilos silos, IDictionary<string, ReplicaStatus> reports, TimeProvider time, ILogger logger)
{
    /// <summary>How long a silent replica that is asked may take to answer. Nobody waits for it meanwhile.</summary>
    private static readonly TimeSpan ProbePatience = TimeSpan.FromSeconds(5);

    /// <summary>The first start that failed since somebody set this to null.</summary>
    public Exception? FirstFailure { get; set; }

    /// <summary>What a profile or a start met last that is the model's own fault; null once a replica has started.</summary>
    public ModelFileException? ModelFault { get; set; }

    /// <param name="effect">What to do.</param>
    /// <param name="model">What replicas are started with.</param>
    /// <returns>Tells the machine how it went, at the given time.</returns>
    public Task<Action<PlanMachine, double>> CarryOutAsync(PlanEffect effect, ModelSpec? model) => effect switch
    {
        PlanEffect.StartReplica start => StartAsync(start.Replica, model!),
        PlanEffect.DrainReplica drain => DrainAsync(drain.Key),
        PlanEffect.StopReplica stop => StopAsync(stop.Key),
        PlanEffect.ProbeReplica probe => ProbeAsync(probe.Key, probe.Start),
        PlanEffect.SweepDevices sweep => SweepAsync(sweep),
        _ => throw new ArgumentOutOfRangeException(nameof(effect), effect, "There is no such call."),
    };

    private async Task<Action<PlanMachine, double>> StartAsync(ActualReplica replica, ModelSpec model)
    {
        var (key, start) = (replica.Key, replica.Start);
        LogStarting(key, start, replica.LastFailure);
        try
        {
            foreach (var stage in replica.Plan.Stages)
                silos.Require(stage.DeviceId);
            await Replica(key).StartAsync(new ReplicaAssignment
            {
                Generation = replica.Generation,
                Model = model,
                Plan = replica.Plan,
                Fleet = Around(replica),
                Start = start,
            });
            ModelFault = null;
            return (machine, now) => machine.Started(key, start, now);
        }
        catch (Exception exception)
        {
            LogStartFailed(exception, key);
            FirstFailure ??= exception;
            ModelFault = exception as ModelFileException ?? ModelFault;
            return (machine, now) => machine.StartFailed(key, start, exception.Message, now);
        }
    }

    /// <summary>What a replica has to know of its fleet: its own devices, and the links that they send over. All of a large one's pairs would go out once a replica.</summary>
    private static FleetSpec Around(ActualReplica replica)
    {
        var own = replica.Plan.Stages.Select(stage => stage.DeviceId).ToHashSet(StringComparer.Ordinal);
        return replica.Fleet with
        {
            Devices = replica.Fleet.Devices.RemoveAll(device => !own.Contains(device.Id)),
            Links = replica.Fleet.Links.RemoveAll(link => !own.Contains(link.From)),
        };
    }

    private async Task<Action<PlanMachine, double>> DrainAsync(string key)
    {
        try
        {
            await Replica(key).DrainAsync();
        }
        catch (Exception exception)
        {
            // It is stopped then, and its requests go on elsewhere.
            LogDrainFailed(exception, key);
        }

        return (machine, now) => machine.Drained(key, now);
    }

    private async Task<Action<PlanMachine, double>> StopAsync(string key)
    {
        try
        {
            await Replica(key).StopAsync();
            return (machine, now) => machine.Stopped(key, now);
        }
        catch (Exception exception)
        {
            LogStopFailed(exception, key);
            return (machine, now) => machine.StopFailed(key, IsGone(exception), now);
        }
    }

    private async Task<Action<PlanMachine, double>> ProbeAsync(string key, long start)
    {
        try
        {
            var status = await Replica(key).GetStatusAsync().WaitAsync(ProbePatience, time);
            return (machine, now) =>
            {
                if (machine.Probed(key, start, PlanStatusView.ToSnapshot(status), now))
                    reports[key] = status;
            };
        }
        catch (Exception exception)
        {
            LogProbeFailed(exception, key);
            return (machine, now) => machine.ProbeFailed(key, start, IsGone(exception), exception.Message, now);
        }
    }

    private async Task<Action<PlanMachine, double>> SweepAsync(PlanEffect.SweepDevices sweep)
    {
        ImmutableHashSet<string> named =
        [
            .. sweep.Named.SelectMany(replica => replica.Plan.Stages.Select((stage, index) => DeviceKey.Stage(replica.Key, stage.DeviceId, index))),
        ];
        await Task.WhenAll(sweep.Devices.Select(async device =>
        {
            try
            {
                silos.Require(device);
                await grains.GetGrain<IDeviceGrain>(device).SweepStagesAsync(modelId, named, sweep.Generation);
            }
            catch (Exception exception)
            {
                // A device that is gone has taken its stages along.
                LogSweepFailed(exception, device);
            }
        }));
        return (_, _) => { };
    }

    /// <exception cref="DeviceUnavailableException">No live silo hosts it.</exception>
    private IReplicaGrain Replica(string key)
    {
        silos.Require(DeviceKey.DeviceOf(key));
        return grains.GetGrain<IReplicaGrain>(key);
    }

    /// <summary>Whether the silo of a replica is known to be gone. Whatever else went wrong says nothing of the replica.</summary>
    private static bool IsGone(Exception exception) => exception is SiloUnavailableException or DeviceUnavailableException;

    [LoggerMessage(Level = LogLevel.Information, Message = "Replica {Replica} is started; start {Start}. {Reason}")]
    private partial void LogStarting(string replica, long start, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Replica {Replica} could not be started; that is tried again.")]
    private partial void LogStartFailed(Exception exception, string replica);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Replica {Replica} could not be drained.")]
    private partial void LogDrainFailed(Exception exception, string replica);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Replica {Replica} could not be stopped.")]
    private partial void LogStopFailed(Exception exception, string replica);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Replica {Replica} is silent, and does not answer.")]
    private partial void LogProbeFailed(Exception exception, string replica);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Device {Device} could not be swept of stages that no plan names.")]
    private partial void LogSweepFailed(Exception exception, string device);
}
