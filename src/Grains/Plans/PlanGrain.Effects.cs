using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Grains.Interfaces.Devices;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Grains.Placement;
using E2LLM.Scheduling.Protocols.Plans;

namespace E2LLM.Grains.Plans;

/// <content>What the machine wants done: written down first, then carried out, and answered.</content>
public sealed partial class PlanGrain
{
    /// <summary>Tells the machine of an event, and sees to what follows. Never throws for what follows.</summary>
    private async Task Tell(Action<PlanMachine> tell)
    {
        tell(Machine);
        if (_isPumping)
            return; // whoever pumps sees the new effects too
        _isPumping = true;
        while (Machine.TakeEffects() is { Count: > 0 } effects)
        {
            try
            {
                await _store.WriteAsync(() => Machine.Records);
            }
            catch (Exception exception)
            {
                LogNotWritten(exception, ModelId);
            }

            foreach (var effect in effects)
                CarryOut(effect);
        }

        _isPumping = false;
    }

    private void CarryOut(PlanEffect effect) => _ = effect switch
    {
        PlanEffect.StartReplica start => StartAsync(start.Replica),
        PlanEffect.DrainReplica drain => DrainAsync(drain.Key),
        PlanEffect.StopReplica stop => StopAsync(stop.Key),
        PlanEffect.ProbeReplica probe => ProbeAsync(probe.Key, probe.Start),
        PlanEffect.SweepDevices sweep => SweepAsync(sweep),
        _ => Announce(),
    };

    private async Task StartAsync(ActualReplica replica)
    {
        LogStarting(replica.Key, replica.Start, replica.LastFailure);
        try
        {
            await Replica(replica.Key).StartAsync(new ReplicaAssignment
            {
                Generation = replica.Generation,
                Model = Machine.Planned!.Model,
                Plan = replica.Plan,
                Fleet = replica.Fleet,
                Start = replica.Start,
            });
            await Tell(machine => machine.Started(replica.Key, replica.Start, NowSeconds));
        }
        catch (Exception exception)
        {
            LogStartFailed(exception, replica.Key);
            _firstFailure ??= exception;
            await Tell(machine => machine.StartFailed(replica.Key, replica.Start, exception.Message, NowSeconds));
        }
    }

    private async Task DrainAsync(string key)
    {
        try
        {
            await Replica(key).DrainAsync();
        }
        catch (Exception exception)
        {
            LogDrainFailed(exception, key);
        }

        await Tell(machine => machine.Drained(key, NowSeconds));
    }

    private async Task StopAsync(string key)
    {
        try
        {
            await Replica(key).StopAsync();
            await Tell(machine => machine.Stopped(key, NowSeconds));
        }
        catch (Exception exception)
        {
            LogStopFailed(exception, key);
            await Tell(machine => machine.StopFailed(key, IsGone(exception), NowSeconds));
        }
    }

    private async Task ProbeAsync(string key, long start)
    {
        try
        {
            var status = await Replica(key).GetStatusAsync().WaitAsync(AnswerPatience, time);
            await Tell(machine =>
            {
                if (machine.Probed(key, start, PlanStatusView.ToSnapshot(status), NowSeconds))
                    _reports[key] = status;
            });
        }
        catch (Exception exception)
        {
            LogProbeFailed(exception, key);
            await Tell(machine => machine.ProbeFailed(key, start, IsGone(exception), exception.Message, NowSeconds));
        }
    }

    private Task SweepAsync(PlanEffect.SweepDevices sweep)
    {
        ImmutableHashSet<string> named =
        [
            .. sweep.Named.SelectMany(replica => replica.Plan.Stages.Select((stage, index) => DeviceKey.Stage(replica.Key, stage.DeviceId, index))),
        ];
        return Task.WhenAll(sweep.Devices.Select(async device =>
        {
            try
            {
                await GrainFactory.GetGrain<IDeviceGrain>(device).SweepStagesAsync(ModelId, named, sweep.Generation);
            }
            catch (Exception exception)
            {
                // A device that is gone has taken its stages along.
                LogSweepFailed(exception, device);
            }
        }));
    }

    private Task Announce()
    {
        foreach (var key in _reports.Keys.Where(key => Machine.Find(key) is null).ToArray())
            _reports.Remove(key);
        _changed.Pulse();
        return Task.CompletedTask;
    }

    private IReplicaGrain Replica(string key) => GrainFactory.GetGrain<IReplicaGrain>(key);

    /// <summary>Whether the silo of a replica is known to be gone. Whatever else went wrong says nothing of the replica.</summary>
    private static bool IsGone(Exception exception) => exception is SiloUnavailableException or DeviceUnavailableException;
}
