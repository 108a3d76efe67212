using E2LLM.Core.Plans;
using E2LLM.Planning.Evaluation;
using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Exact;

/// <summary>
/// The highest capacity with the KV links between replicas counted: of the few choices of groups and roles whose rates alone would give more
/// than a known plan, every order and cut of every group that sends or receives a cache.
/// </summary>
/// <remarks>
/// Where links bind, a group below its highest rate may give a plan more: its cuts fit the receiver's, or less of the load goes over a slow
/// link. Gives up, and says so, where there are too many.
/// </remarks>
internal sealed class LinkedEnumeration
{
    private const int MaxChoices = 50_000;
    private const int MaxLayouts = 4_000;
    private const int MaxPlans = 200_000;

    // Less than this is rounding and not gain.
    private const double Rounding = 1 + 1e-9;

    private readonly GroupTable _table;
    private readonly PlanEvaluator _evaluator;
    private readonly GroupLayouts _layouts;
    private readonly DeviceClasses _classes;
    private readonly CancellationToken _cancellationToken;
    private readonly List<(int Subset, ReplicaRole Role)> _chosen = [];
    private readonly List<(double Capacity, (int Subset, ReplicaRole Role)[] Groups)> _choices = [];
    private int _plans;

    public LinkedEnumeration(GroupTable table, GroupPlanner planner, PlanEvaluator evaluator, GroupPlan[] known, CancellationToken cancellationToken)
    {
        (_table, _evaluator, _cancellationToken) = (table, evaluator, cancellationToken);
        _layouts = new GroupLayouts(planner, MaxLayouts);
        _classes = new DeviceClasses(planner.Serving.DeviceTypes);
        Groups = known;
        Capacity = known.Length == 0 ? 0 : evaluator.Evaluate(known).CapacityPerSecond;
        IsWhole = Choose((1 << planner.Serving.Fleet.DeviceCount) - 1, 0, 0, 0);
        _choices.Sort((left, right) => right.Capacity.CompareTo(left.Capacity));
        foreach (var (most, groups) in _choices)
        {
            if (most <= Capacity * Rounding)
                break;
            IsWhole &= Search(groups);
        }
    }

    /// <summary>The best plan that was found.</summary>
    public GroupPlan[] Groups { get; private set; }

    public double Capacity { get; private set; }

    /// <summary>Whether nothing was left out: then no plan has more.</summary>
    public bool IsWhole { get; private set; }

    private bool Choose(int free, double prefill, double decode, double mixed)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        if (free == 0)
        {
            if (Math.Min(prefill, decode) + mixed is var capacity && capacity > Capacity * Rounding && prefill > 0 == decode > 0)
                _choices.Add((capacity, [.. _chosen]));
            return _choices.Count <= MaxChoices;
        }
        var lowest = free & -free;
        if (!Choose(free & ~_classes.SameType(free, int.TrailingZeroCount(lowest)), prefill, decode, mixed))
            return false;
        for (var others = free ^ lowest; ; others = (others - 1) & (free ^ lowest))
        {
            var group = lowest | others;
            if (_classes.IsCanonical(group, free))
                foreach (var role in Enum.GetValues<ReplicaRole>())
                {
                    var rate = _table.MostRequestsPerSecond(role, group);
                    if (rate <= 0)
                        continue;
                    _chosen.Add((group, role));
                    var isWhole = Choose(
                        free ^ group,
                        role == ReplicaRole.Prefill ? prefill + rate : prefill,
                        role == ReplicaRole.Decoder ? decode + rate : decode,
                        role == ReplicaRole.Mixed ? mixed + rate : mixed);
                    _chosen.RemoveAt(_chosen.Count - 1);
                    if (!isWhole)
                        return false;
                }
            if (others == 0)
                return true;
        }
    }

    private bool Search((int Subset, ReplicaRole Role)[] groups)
    {
        var decoders = groups.Count(group => group.Role == ReplicaRole.Decoder);
        var plans = new GroupPlan[]?[groups.Length];
        for (var index = 0; index < groups.Length; index++)
        {
            var (subset, role) = groups[index];
            // A size changes how the load is shared among several DECODER groups, and else only a group's rate.
            plans[index] = role == ReplicaRole.Mixed && _table.IsBest(role, subset)
                ? _table[role, subset] is { } best ? [best] : []
                : _layouts.Of(subset, role, allSizes: role == ReplicaRole.Decoder && decoders > 1);
            if (plans[index] is null)
                return false;
        }
        return Combine(plans!, new GroupPlan[groups.Length], 0);
    }

    private bool Combine(GroupPlan[][] plans, GroupPlan[] picked, int count)
    {
        if (count == plans.Length)
        {
            _cancellationToken.ThrowIfCancellationRequested();
            if (_evaluator.Evaluate(picked).CapacityPerSecond is var capacity && capacity > Capacity * Rounding)
                (Capacity, Groups) = (capacity, [.. picked]);
            return ++_plans <= MaxPlans;
        }
        foreach (var plan in plans[count])
        {
            picked[count] = plan;
            if (Most(plans, picked, count + 1) <= Capacity * Rounding)
                return true;
            if (!Combine(plans, picked, count + 1))
                return false;
        }
        return true;
    }

    // Of what is picked, and the best of the rest.
    private static double Most(GroupPlan[][] plans, GroupPlan[] picked, int count)
    {
        var (prefill, decode, mixed) = (0.0, 0.0, 0.0);
        for (var index = 0; index < plans.Length; index++)
        {
            if (plans[index].Length == 0)
                return 0;
            var plan = index < count ? picked[index] : plans[index][0];
            switch (plan.Role)
            {
                case ReplicaRole.Prefill:
                    prefill += plan.RequestsPerSecond;
                    break;
                case ReplicaRole.Decoder:
                    decode += plan.RequestsPerSecond;
                    break;
                default:
                    mixed += plan.RequestsPerSecond;
                    break;
            }
        }
        return Math.Min(prefill, decode) + mixed;
    }
}
