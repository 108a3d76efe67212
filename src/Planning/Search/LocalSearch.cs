using E2LLM.Core.Plans;
using E2LLM.Planning.Evaluation;
using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Search;

/// <summary>Improves a plan by small changes until none helps, then shakes it and tries again; keeps the best. Seeded.</summary>
/// <remarks>
/// Changes: another role; a device moved, added, dropped or swapped; two groups merged; a group split. Each changed group is planned
/// anew at its best, so that the search is over groups and roles alone.
/// </remarks>
internal sealed class LocalSearch(PlanningContext context, Random random)
{
    private static readonly ReplicaRole[] Roles = Enum.GetValues<ReplicaRole>();

    private readonly Regrouping _regrouping = new(context, random);

    public List<GroupPlan> Improve(IReadOnlyList<GroupPlan> start, SearchLimits limits)
    {
        var best = start.ToList();
        var bestFigures = Climb(best);
        for (int round = 0, stalled = 0; !limits.Stops(round, stalled); round++)
        {
            // Every other time a few groups are regrouped at their best instead; that looks at capacity alone.
            var candidate = best.ToList();
            if (context.Objective == PlanObjective.Capacity && round % 2 == 0)
                candidate = _regrouping.Apply(candidate);
            else
                Shake(candidate);
            candidate = [.. Reachability.Repair(context, candidate)];
            var figures = Climb(candidate);
            stalled++;
            if (!figures.IsBetterThan(bestFigures, context.Objective))
                continue;
            (best, bestFigures, stalled) = (candidate, figures, 0);
        }
        return best;
    }

    /// <summary>Takes every change that improves, group by group, until a whole round finds none. Roles first: they are cheap and weigh most.</summary>
    private PlanFigures Climb(List<GroupPlan> groups)
    {
        var figures = Evaluate(groups);
        while (ClimbOnce(groups, ref figures, rolesOnly: true) || ClimbOnce(groups, ref figures, rolesOnly: false))
            context.CancellationToken.ThrowIfCancellationRequested();
        return figures;
    }

    private bool ClimbOnce(List<GroupPlan> groups, ref PlanFigures figures, bool rolesOnly)
    {
        var improved = false;
        for (var index = 0; index <= groups.Count; index++)
        {
            foreach (var change in Changes(groups, index, rolesOnly))
            {
                if (change.Apply(context, groups) is not { } changed)
                    continue;
                var changedFigures = Evaluate(changed);
                if (!changedFigures.IsBetterThan(figures, context.Objective))
                    continue;
                groups.Clear();
                groups.AddRange(changed);
                (figures, improved) = (changedFigures, true);
                break;
            }
        }
        return improved;
    }

    private void Shake(List<GroupPlan> groups)
    {
        var changes = All(groups);
        for (var count = 1 + random.Next(3); count > 0 && changes.Count > 0; count--)
        {
            // Most changes give groups that cannot hold the model; a few draws find one that does.
            for (var draw = 0; draw < 20; draw++)
            {
                if (changes[random.Next(changes.Count)].Apply(context, groups) is not { Count: > 0 } changed)
                    continue;
                groups.Clear();
                groups.AddRange(changed);
                changes = All(groups);
                break;
            }
        }
    }

    private List<Change> All(List<GroupPlan> groups) =>
        [.. Enumerable.Range(0, groups.Count + 1).SelectMany(index => Changes(groups, index, rolesOnly: false))];

    /// <summary>The changes of one group, in a fixed order; of interchangeable devices only one. Past the last group: new groups.</summary>
    private IEnumerable<Change> Changes(List<GroupPlan> groups, int index, bool rolesOnly)
    {
        if (index < groups.Count)
            foreach (var role in Roles)
                if (role != groups[index].Role)
                    yield return new Change(ChangeKind.Role, index, index, -1, -1, role);
        if (rolesOnly)
            yield break;
        var types = context.Serving.DeviceTypes;
        var used = groups.SelectMany(group => group.Stages).Select(stage => stage.Device).ToHashSet();
        int[] unused = [.. Enumerable.Range(0, types.Length).Where(device => !used.Contains(device)).DistinctBy(device => types[device])];
        if (index >= groups.Count)
        {
            foreach (var device in unused)
                foreach (var role in Roles)
                    yield return new Change(ChangeKind.Split, -1, -1, device, -1, role);
            yield break;
        }
        foreach (var device in unused)
            yield return new Change(ChangeKind.Move, -1, index, device, -1, default);
        foreach (var device in Members(groups[index]))
        {
            yield return new Change(ChangeKind.Move, index, -1, device, -1, default);
            for (var other = 0; other < groups.Count; other++)
                if (other != index)
                    yield return new Change(ChangeKind.Move, index, other, device, -1, default);
            foreach (var replacement in unused)
                if (types[replacement] != types[device])
                    yield return new Change(ChangeKind.Swap, index, -1, device, replacement, default);
            for (var other = index + 1; other < groups.Count; other++)
                foreach (var replacement in Members(groups[other]))
                    if (types[replacement] != types[device])
                        yield return new Change(ChangeKind.Swap, index, other, device, replacement, default);
            foreach (var role in Roles)
                yield return new Change(ChangeKind.Split, index, -1, device, -1, role);
        }
        for (var other = index + 1; other < groups.Count; other++)
            foreach (var role in Roles)
                yield return new Change(ChangeKind.Merge, index, other, -1, -1, role);

        int[] Members(GroupPlan group) => [.. group.Stages.Select(stage => stage.Device).DistinctBy(device => types[device])];
    }

    private PlanFigures Evaluate(List<GroupPlan> groups) =>
        groups.Count == 0 ? PlanFigures.Infeasible : context.Evaluator.Evaluate(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(groups));
}
