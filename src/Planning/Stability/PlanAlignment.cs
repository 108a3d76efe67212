using System.Collections.Immutable;
using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;

namespace E2LLM.Planning.Stability;

/// <summary>
/// Which of several alike devices does what is all the same to a planner, and not to those that have loaded layers already. Alike are devices that may
/// change places without changing any figure of the request: memory, profile, links, trust.
/// </summary>
/// <remarks>
/// Two replicas can be the same where roles, settings, cuts and the kinds of their devices agree, and a replica that runs keeps its devices to itself; so as many
/// replicas stay as both plans have of each such shape, whoever is matched with whom. What is left of each kind of device goes to the stages that
/// are left, first to those whose layers a device has already.
/// </remarks>
public static class PlanAlignment
{
    /// <param name="request">What the plan was made for; valid.</param>
    /// <param name="plan">The new one. Its figures hold for the result as well.</param>
    /// <param name="running">Replicas that run, or are about to, of any earlier plan.</param>
    /// <returns>The same plan on devices such that as many replicas as possible, and beside them as many slices, stay where they are.</returns>
    public static ServingPlan Align(PlanRequest request, ServingPlan plan, IReadOnlyList<ReplicaPlan> running)
    {
        if (running.Count == 0)
            return plan;
        var kinds = Kinds(request);
        var free = kinds.Keys.ToHashSet(StringComparer.Ordinal);
        var aligned = new ReplicaPlan[plan.Replicas.Length];
        Keep(plan.Replicas, running, kinds, free, aligned);
        Fill(plan.Replicas, running, kinds, free, aligned);
        return plan with { Replicas = [.. aligned], Unused = Unused(plan, kinds, free) };
    }

    private static Dictionary<string, int> Kinds(PlanRequest request)
    {
        var types = DeviceTyping.Types(new FleetCosts(request), byLinks: true);
        return request.Fleet.Devices.Select((device, index) => (device.Id, types[index])).ToDictionary(pair => pair.Id, pair => pair.Item2, StringComparer.Ordinal);
    }

    /// <summary>Gives replicas that run, and that the plan has too, to the plan's: those on the very same devices first, so that names change no more than they must.</summary>
    private static void Keep(
        ImmutableArray<ReplicaPlan> wanted, IReadOnlyList<ReplicaPlan> running, Dictionary<string, int> kinds, HashSet<string> free, ReplicaPlan[] aligned)
    {
        var left = running.Select(replica => (Replica: replica, Shape: Shape(replica, kinds))).Where(entry => entry.Shape is not null).ToList();
        foreach (var isSame in new[] { true, false })
            for (var index = 0; index < wanted.Length; index++)
            {
                var replica = wanted[index];
                if (aligned[index] is not null || Shape(replica, kinds) is not { } shape)
                    continue;
                var found = left.FindIndex(entry => entry.Shape == shape && entry.Replica.Stages.All(stage => free.Contains(stage.DeviceId))
                    && (!isSame || Devices(entry.Replica).SequenceEqual(Devices(replica))));
                if (found < 0)
                    continue;
                aligned[index] = On(replica, Devices(left[found].Replica));
                free.ExceptWith(Devices(aligned[index]));
                left.RemoveAt(found);
            }
    }

    private static void Fill(
        ImmutableArray<ReplicaPlan> wanted, IReadOnlyList<ReplicaPlan> running, Dictionary<string, int> kinds, HashSet<string> free, ReplicaPlan[] aligned)
    {
        var slices = running.SelectMany(replica => replica.Stages).ToLookup(stage => (stage.FirstLayer, stage.LayerCount), stage => stage.DeviceId);
        (int Replica, int Stage)[] left =
        [
            .. from replica in Enumerable.Range(0, wanted.Length)
               where aligned[replica] is null
               from stage in Enumerable.Range(0, wanted[replica].Stages.Length)
               select (replica, stage),
        ];
        var devices = new Dictionary<(int Replica, int Stage), string>();
        // Who has the layers; then whom the plan has there; then whoever is left of the kind.
        Take(stage => slices[(stage.FirstLayer, stage.LayerCount)]);
        Take(stage => [stage.DeviceId]);
        Take(stage => kinds.Keys.Order(StringComparer.Ordinal));
        for (var index = 0; index < wanted.Length; index++)
            aligned[index] ??= On(wanted[index], [.. Enumerable.Range(0, wanted[index].Stages.Length).Select(stage => devices[(index, stage)])]);

        void Take(Func<StagePlan, IEnumerable<string>> candidates)
        {
            foreach (var place in left)
            {
                var stage = wanted[place.Replica].Stages[place.Stage];
                if (devices.ContainsKey(place) || candidates(stage).FirstOrDefault(device => free.Contains(device) && kinds[device] == kinds[stage.DeviceId]) is not { } found)
                    continue;
                devices[place] = found;
                free.Remove(found);
            }
        }
    }

    /// <summary>Devices of one kind have one reason.</summary>
    private static ImmutableArray<UnusedDevice> Unused(ServingPlan plan, Dictionary<string, int> kinds, HashSet<string> free)
    {
        var reasons = plan.Unused.GroupBy(unused => kinds[unused.DeviceId]).ToDictionary(group => group.Key, group => group.First().Reason);
        return [.. kinds.Keys.Where(device => free.Contains(device) && reasons.ContainsKey(kinds[device])).Select(device => new UnusedDevice(device, reasons[kinds[device]]))];
    }

    /// <summary>What two replicas that can be one have in common; null where a device is not of the fleet.</summary>
    private static string? Shape(ReplicaPlan replica, Dictionary<string, int> kinds) => !replica.Stages.All(stage => kinds.ContainsKey(stage.DeviceId)) ? null
        : FormattableString.Invariant($"{replica.Role} {replica.Engine} {replica.DecodeConcurrency} {replica.MicroBatches} {replica.MinimumTokensPerSecond:R} ")
            + string.Join(' ', replica.Stages.Select(stage => FormattableString.Invariant($"{kinds[stage.DeviceId]}:{stage.FirstLayer}+{stage.LayerCount}")));

    private static IEnumerable<string> Devices(ReplicaPlan replica) => replica.Stages.Select(stage => stage.DeviceId);

    private static ReplicaPlan On(ReplicaPlan replica, IEnumerable<string> devices) => replica with
    {
        Stages = [.. replica.Stages.Zip(devices, (stage, device) => stage with { DeviceId = device })],
    };
}
