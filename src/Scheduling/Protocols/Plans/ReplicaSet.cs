using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Scheduling.Routing;

namespace E2LLM.Scheduling.Protocols.Plans;

/// <summary>
/// The replicas that there are: those of the plan, and those that an earlier plan has left. Decides who is started and who makes room,
/// so that something serves at every moment at which something can.
/// </summary>
internal sealed class ReplicaSet(PlanTimes times, ICollection<PlanEffect> effects)
{
    private readonly List<ManagedReplica> _members = [];
    private readonly List<ManagedReplica> _retiring = [];
    private long _generation;

    /// <summary>In the order of the plan.</summary>
    public IReadOnlyList<ManagedReplica> Members => _members;

    public IReadOnlyList<ManagedReplica> Retiring => _retiring;

    public IEnumerable<ManagedReplica> All => _members.Concat(_retiring);

    /// <summary>Whether every replica of the plan has been tried, or has to wait for another, and nobody is about to go.</summary>
    public bool IsSettled { get; private set; } = true;

    public ManagedReplica? Find(string key) => All.FirstOrDefault(replica => replica.Key == key);

    public void Resume(IEnumerable<ActualReplica> actual, long generation, double nowSeconds)
    {
        foreach (var known in actual)
        {
            var replica = new ManagedReplica(known, times, effects);
            (known.IsRetiring ? _retiring : _members).Add(replica);
            replica.Resume(nowSeconds);
        }

        (_generation, IsSettled) = (generation, All.Any() is false);
    }

    /// <summary>Takes another plan up. Replicas that it has too stay under their keys; the others retire.</summary>
    /// <param name="plan">What shall run.</param>
    /// <param name="fleet">Its fleet.</param>
    /// <param name="keyOf">Names a new replica.</param>
    /// <param name="mayKeep">Whether the old replicas hold the same model.</param>
    /// <param name="nowSeconds">The time.</param>
    public void Replace(ServingPlan plan, FleetSpec fleet, Func<ReplicaPlan, long, string> keyOf, bool mayKeep, double nowSeconds)
    {
        var old = All.Where(replica => replica.Phase is ReplicaPhase.Waiting or ReplicaPhase.Starting or ReplicaPhase.Running).ToList();
        List<ManagedReplica> members = [];
        foreach (var wanted in plan.Replicas)
        {
            var same = old.Find(known => mayKeep && ReplicaMatch.IsSame(known.Actual.Plan, known.Actual.Fleet, wanted, fleet));
            if (same is not null)
            {
                old.Remove(same);
                same.Adopt(wanted, fleet);
            }

            members.Add(same ?? New(wanted, plan.Generation, fleet, keyOf));
        }

        ManagedReplica[] left = [.. All.Except(members)];
        _members.Clear();
        _retiring.Clear();
        _members.AddRange(members);
        _retiring.AddRange(left);
        foreach (var replica in left.Where(replica => !replica.Actual.IsRetiring))
            replica.Retire(nowSeconds);
        (_generation, IsSettled) = (plan.Generation, false);
    }

    public void StopAll(double nowSeconds)
    {
        _retiring.AddRange(_members);
        _members.Clear();
        foreach (var replica in _retiring.Where(replica => replica.Phase != ReplicaPhase.Stopping))
            replica.Stop(nowSeconds);
        IsSettled = false;
    }

    /// <summary>Does what can be done next.</summary>
    /// <param name="nextStart">Numbers a start.</param>
    /// <param name="isPreparing">
    /// Whether devices are being profiled: loading would spoil the figures, so whoever has not served yet waits for the outcome.
    /// </param>
    /// <param name="nowSeconds">The time.</param>
    /// <returns>Whether things have settled with this.</returns>
    public bool Advance(Func<long> nextStart, bool isPreparing, double nowSeconds)
    {
        foreach (var member in _members.Where(member => member.IsDue(nowSeconds) && (member.HasServed || !isPreparing)))
        {
            ManagedReplica[] inTheWay = [.. _retiring.Where(old => old.HoldsDevices && old.SharesDevice(member))];
            if (inTheWay.Length == 0)
                member.BeginStart(nextStart());
            else
                MakeRoom(inTheWay, nowSeconds);
        }

        if (_members.All(IsTried) && HaveRoute(_members))
            foreach (var replaced in _retiring.Where(old => old.Phase == ReplicaPhase.Running))
                replaced.Leave(mayDrain: true, nowSeconds);
        _retiring.RemoveAll(old => old.Phase == ReplicaPhase.Gone);
        if (IsSettled || isPreparing || All.Any(IsUnderWay))
            return false;
        IsSettled = true;
        return true;
    }

    public static bool HaveRoute(IEnumerable<ManagedReplica> replicas) =>
        ReplicaRouter.HaveRoute(replicas.Where(replica => replica.IsServing).Select(replica => replica.Actual.Plan));

    /// <summary>
    /// One after the other: the next ones make room once what the last ones made room for has loaded. The last ones that serve do so only
    /// as long as every new replica that was tried could be loaded: what serves is not given up for what does not.
    /// </summary>
    private void MakeRoom(ManagedReplica[] inTheWay, double nowSeconds)
    {
        if (All.Any(IsUnderWay))
            return;
        var othersServe = HaveRoute(All.Except(inTheWay));
        if (!othersServe && HaveRoute(All) && _members.Any(CouldNotBeLoaded))
            return;
        foreach (var old in inTheWay)
            // With nobody else to take new requests, those that run are better off starting over soon than keeping the others waiting.
            old.Leave(mayDrain: othersServe, nowSeconds);
    }

    private ManagedReplica New(ReplicaPlan plan, long generation, FleetSpec fleet, Func<ReplicaPlan, long, string> keyOf) => new(
        new ActualReplica
        {
            Key = keyOf(plan, generation),
            Generation = generation,
            Plan = plan,
            Fleet = fleet,
            Phase = ReplicaPhase.Waiting,
        },
        times,
        effects);

    private bool CouldNotBeLoaded(ManagedReplica member) =>
        member.Actual.Generation == _generation && !member.HasServed && member.Actual.Failures > 0;

    private static bool IsTried(ManagedReplica member) => member.Phase != ReplicaPhase.Waiting || member.Actual.Failures > 0;

    private static bool IsUnderWay(ManagedReplica replica) => replica.IsUnheard
        || (replica.HoldsDevices && replica.Phase is ReplicaPhase.Starting or ReplicaPhase.Draining or ReplicaPhase.Stopping);
}
