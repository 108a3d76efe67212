using E2LLM.Core.Plans;
using E2LLM.Planning.Evaluation;
using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Search;

/// <summary>
/// Exchanges devices that named links touch for others of the same figures, or lets their group do both phases, wherever that makes a plan better:
/// so that a slow link lies between devices that have nothing to send to each other.
/// </summary>
/// <remarks>The groups stay what they are but for links, so that few exchanges are different, and all of them are tried.</remarks>
internal sealed class LinkExchange(PlanningContext context)
{
    private const int MaxTrials = 600;
    private const int MaxRounds = 12;

    private readonly int[] _kinds = context.Serving.DeviceKinds;
    private int _trials;

    public IReadOnlyList<GroupPlan> Improve(IReadOnlyList<GroupPlan> plan)
    {
        var named = context.Serving.Fleet.Named;
        if (named.Count == 0 || plan.Count == 0)
            return plan;
        var groups = plan.ToArray();
        var figures = context.Evaluator.Evaluate(groups);
        int[] touched = [.. Enumerable.Range(0, _kinds.Length).Where(named.Touch)];
        for (var round = 0; round < MaxRounds; round++)
        {
            var improved = false;
            foreach (var device in touched)
                improved |= TryExchanges(groups, device, ref figures);
            // Another role gives up some rate of its phase: only where no exchange helps.
            for (var index = 0; index < touched.Length && !improved; index++)
                improved = TryBothPhases(groups, touched[index], ref figures);
            if (!improved)
                break;
        }
        return groups;
    }

    private bool TryExchanges(GroupPlan[] groups, int device, ref PlanFigures figures)
    {
        var from = Array.FindIndex(groups, group => Has(group, device));
        if (from < 0 || !IsUsed(groups, from, device))
            return false;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var to = -1; to < groups.Length && _trials < MaxTrials; to++)
        {
            if (to == from || Partner(groups, to, device) is not { } other || to >= 0 && !seen.Add(Signature(groups[to])))
                continue;
            var changed = groups.ToArray();
            if (Replace(changed, from, device, other) && (to < 0 || Replace(changed, to, other, device)) && Takes(groups, changed, ref figures))
                return true;
        }
        return false;
    }

    private bool TryBothPhases(GroupPlan[] groups, int device, ref PlanFigures figures)
    {
        var index = Array.FindIndex(groups, group => Has(group, device));
        if (index < 0 || groups[index].Role == ReplicaRole.Mixed || !IsUsed(groups, index, device)
            || context.Groups.Best([.. groups[index].Stages.Select(stage => stage.Device)], ReplicaRole.Mixed) is not { } mixed)
            return false;
        var changed = groups.ToArray();
        changed[index] = mixed;
        return Takes(groups, changed, ref figures);
    }

    private bool Takes(GroupPlan[] groups, GroupPlan[] changed, ref PlanFigures figures)
    {
        _trials++;
        var changedFigures = context.Evaluator.Evaluate(changed);
        if (!changedFigures.IsBetterThan(figures, context.Objective))
            return false;
        changed.CopyTo(groups, 0);
        figures = changedFigures;
        return true;
    }

    /// <summary>
    /// Whether anything goes over a named link of the device, between stages or from a PREFILL to a DECODER; or a fast one makes its group seem to
    /// send or receive more than it does to all others.
    /// </summary>
    private bool IsUsed(GroupPlan[] groups, int index, int device)
    {
        var named = context.Serving.Fleet.Named;
        var (group, role) = (groups[index], groups[index].Role);
        bool Other(int other, ReplicaRole counterpart) => Array.Exists(groups, candidate => candidate.Role == counterpart && Has(candidate, other));
        var usual = context.Serving.Fleet.DefaultLink.BandwidthBytesPerSecond;
        if (role == ReplicaRole.Prefill && context.Serving.SentBytesPerSecond[device] > usual
            || role == ReplicaRole.Decoder && context.Serving.ReceivedBytesPerSecond[device] > usual)
            return true;
        return Array.Exists(named.Out(device), link => Has(group, link.Other) || role == ReplicaRole.Prefill && Other(link.Other, ReplicaRole.Decoder))
            || Array.Exists(named.In(device), link => Has(group, link.Other) || role == ReplicaRole.Decoder && Other(link.Other, ReplicaRole.Prefill));
    }

    /// <summary>A device of the same figures in a group, or unused for -1: one without named links rather than one with.</summary>
    private int? Partner(GroupPlan[] groups, int index, int device)
    {
        var named = context.Serving.Fleet.Named;
        IEnumerable<int> devices = index >= 0
            ? groups[index].Stages.Select(stage => stage.Device)
            : Enumerable.Range(0, _kinds.Length).Where(other => !Array.Exists(groups, group => Has(group, other)));
        int[] alike = [.. devices.Where(other => _kinds[other] == _kinds[device]).OrderBy(other => named.Touch(other) ? 1 : 0)];
        return alike.Length == 0 ? null : alike[0];
    }

    // Groups of the same role, of as many devices of each type, change in the same way.
    private string Signature(GroupPlan group) =>
        $"{group.Role}:{string.Join(',', group.Stages.Select(stage => context.Serving.DeviceTypes[stage.Device]).Order())}";

    private bool Replace(GroupPlan[] groups, int index, int old, int replacement)
    {
        int[] members = [.. groups[index].Stages.Select(stage => stage.Device == old ? replacement : stage.Device)];
        if (context.Groups.Best(members, groups[index].Role) is not { } plan)
            return false;
        groups[index] = plan;
        return true;
    }

    private static bool Has(GroupPlan group, int device) => Array.Exists(group.Stages, stage => stage.Device == device);
}
