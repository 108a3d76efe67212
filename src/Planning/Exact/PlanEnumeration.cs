using E2LLM.Core.Plans;
using E2LLM.Planning.Evaluation;
using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Exact;

/// <summary>Every plan of a small fleet: all partitions into groups, all roles, all choices of devices to leave out; the best by an objective.</summary>
/// <remarks>
/// Each group stands at its best rate: that is part of what a plan is here. Devices of the same type are interchangeable, so only one
/// plan of each class is looked at: a group takes the first free devices of a type, and once one is left out all later ones of its
/// type are. Seven unlike devices have about 10^5 labelled plans if each can hold the model alone, far fewer where memory binds.
/// </remarks>
internal sealed class PlanEnumeration
{
    private static readonly ReplicaRole[] Roles = Enum.GetValues<ReplicaRole>();

    private readonly GroupTable _table;
    private readonly PlanEvaluator _evaluator;
    private readonly PlanObjective _objective;
    private readonly DeviceClasses _classes;
    private readonly int _devices;
    private readonly CancellationToken _cancellationToken;
    private readonly GroupPlan[] _chosen;
    private PlanFigures _bestFigures = PlanFigures.Infeasible;
    private GroupPlan[] _best = [];
    private long _counted;

    private PlanEnumeration(GroupTable table, PlanEvaluator evaluator, PlanObjective objective, CancellationToken cancellationToken)
    {
        _table = table;
        _evaluator = evaluator;
        _objective = objective;
        _classes = new DeviceClasses(evaluator.Serving.DeviceTypes);
        _devices = evaluator.Serving.DeviceTypes.Length;
        _chosen = new GroupPlan[_devices];
        _cancellationToken = cancellationToken;
    }

    /// <summary>Whether so many plans can be looked at in about a second: counts them, up to a limit.</summary>
    public static bool IsSmall(GroupTable table, PlanEvaluator evaluator, long limit, CancellationToken cancellationToken)
    {
        var enumeration = new PlanEnumeration(table, evaluator, PlanObjective.Capacity, cancellationToken);
        return enumeration.Count((1 << enumeration._devices) - 1, 0, limit);
    }

    public static (GroupPlan[] Groups, PlanFigures Figures) Best(
        GroupTable table, PlanEvaluator evaluator, PlanObjective objective, CancellationToken cancellationToken)
    {
        var enumeration = new PlanEnumeration(table, evaluator, objective, cancellationToken);
        enumeration.Search((1 << enumeration._devices) - 1, 0);
        return (enumeration._best, enumeration._bestFigures);
    }

    /// <summary>The highest min(P, D) + M of all plans, a little inflated against rounding: no plan's capacity exceeds it, whatever its links.</summary>
    public static double RelaxedCapacity(GroupTable table, PlanEvaluator evaluator, CancellationToken cancellationToken)
    {
        var enumeration = new PlanEnumeration(table, evaluator, PlanObjective.Capacity, cancellationToken);
        return enumeration.Relaxed((1 << enumeration._devices) - 1, 0, 0, 0) * (1 + 1e-6);
    }

    private double Relaxed(int free, double prefill, double decode, double mixed)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        if (free == 0)
            return Math.Min(prefill, decode) + mixed;
        var lowest = free & -free;
        var best = Relaxed(free & ~_classes.SameType(free, int.TrailingZeroCount(lowest)), prefill, decode, mixed);
        var rest = free ^ lowest;
        for (var others = rest; ; others = (others - 1) & rest)
        {
            var group = lowest | others;
            if (_classes.IsCanonical(group, free))
            {
                if (_table.MostRequestsPerSecond(ReplicaRole.Prefill, group) is > 0 and var asPrefill)
                    best = Math.Max(best, Relaxed(free ^ group, prefill + asPrefill, decode, mixed));
                if (_table.MostRequestsPerSecond(ReplicaRole.Decoder, group) is > 0 and var asDecoder)
                    best = Math.Max(best, Relaxed(free ^ group, prefill, decode + asDecoder, mixed));
                if (_table.MostRequestsPerSecond(ReplicaRole.Mixed, group) is > 0 and var asMixed)
                    best = Math.Max(best, Relaxed(free ^ group, prefill, decode, mixed + asMixed));
            }
            if (others == 0)
                return best;
        }
    }

    private void Search(int free, int groups)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        if (free == 0)
        {
            Compare(groups);
            return;
        }
        var lowest = free & -free;
        Search(free & ~_classes.SameType(free, int.TrailingZeroCount(lowest)), groups);
        var rest = free ^ lowest;
        for (var others = rest; ; others = (others - 1) & rest)
        {
            var group = lowest | others;
            if (_classes.IsCanonical(group, free))
                foreach (var role in Roles)
                    if (_table[role, group] is { } plan)
                    {
                        _chosen[groups] = plan;
                        Search(free ^ group, groups + 1);
                    }
            if (others == 0)
                break;
        }
    }

    private bool Count(int free, int groups, long limit)
    {
        if (free == 0)
            return ++_counted <= limit;
        var lowest = free & -free;
        if (!Count(free & ~_classes.SameType(free, int.TrailingZeroCount(lowest)), groups, limit))
            return false;
        var rest = free ^ lowest;
        for (var others = rest; ; others = (others - 1) & rest)
        {
            var group = lowest | others;
            if (_classes.IsCanonical(group, free))
                foreach (var role in Roles)
                    if (_table[role, group] is not null && !Count(free ^ group, groups + 1, limit))
                        return false;
            if (others == 0)
                return true;
        }
    }

    private void Compare(int groups)
    {
        if (groups == 0)
            return;
        var figures = _evaluator.Evaluate(_chosen.AsSpan(0, groups));
        if (figures.CapacityPerSecond <= 0 || !figures.IsBetterThan(_bestFigures, _objective))
            return;
        _bestFigures = figures;
        _best = _chosen[..groups];
    }
}
