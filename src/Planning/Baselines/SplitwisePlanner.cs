using E2LLM.Core.Plans;
using E2LLM.Planning.Evaluation;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Baselines;

/// <summary>
/// Splitwise adapted to the edge: machines that can hold the model are one device or a greedy group, split into a prompt pool and a token pool.
/// </summary>
/// <remarks>
/// Splitwise's machines are given; here they have to be formed, and are formed for the highest rate at either work or at both, whichever
/// gives the better plan. Its provisioning searches the pools by simulation, ours by the request's objective as it is predicted: all
/// pools of a few machines; of many, the pools along the ranking by prefill rate for decode rate, the machines best at prompts first.
/// A machine decodes or prompts and never both: its mixed pool is a run-time matter and not planned. Where there are no two machines, what there is is MIXED.
/// </remarks>
public sealed class SplitwisePlanner : ContextPlanner
{
    /// <summary>Machines of which all pools are tried: a thousand.</summary>
    private const int MaxFreeMachines = 10;

    /// <summary>Splits of a longer ranking that are predicted: those nearest to balance. Far from it one pool starves the other.</summary>
    private const int MaxSplits = 24;

    private static readonly ReplicaRole[] Works = [ReplicaRole.Decoder, ReplicaRole.Mixed, ReplicaRole.Prefill];

    public override string Name => "splitwise";

    protected override IReadOnlyList<GroupPlan> Find(PlanningContext context)
    {
        GroupPlan[] best = [];
        var bestFigures = PlanFigures.Infeasible;
        foreach (var work in Works)
        {
            Machine[] machines = [.. GreedyGroups.Grow(context, work).Select(group => Machine.Of(context, group))];
            foreach (var pools in machines.Length <= MaxFreeMachines ? AllPools(machines) : Splits(machines))
            {
                context.CancellationToken.ThrowIfCancellationRequested();
                var figures = context.Evaluator.Evaluate(pools);
                if (figures.IsBetterThan(bestFigures, context.Objective))
                    (best, bestFigures) = (pools, figures);
            }
        }
        return best.Length > 0 ? best : [.. GreedyGroups.Grow(context, ReplicaRole.Mixed)];
    }

    private static IEnumerable<GroupPlan[]> AllPools(Machine[] machines)
    {
        for (var prompts = 1; prompts < (1 << machines.Length) - 1; prompts++)
            if (Pools(machines, machine => (prompts >> machine & 1) != 0) is { } pools)
                yield return pools;
    }

    private static IEnumerable<GroupPlan[]> Splits(Machine[] machines)
    {
        Machine[] ranked = [.. machines.OrderByDescending(machine => machine.PromptRate / machine.TokenRate)];
        var prefill = new double[ranked.Length];
        var decode = new double[ranked.Length];
        for (var split = 1; split < ranked.Length; split++)
            prefill[split] = prefill[split - 1] + ranked[split - 1].PromptRate;
        for (var split = ranked.Length - 1; split > 0; split--)
            decode[split] = ranked[split].TokenRate + (split + 1 < ranked.Length ? decode[split + 1] : 0);
        return Enumerable.Range(1, ranked.Length - 1)
            .OrderByDescending(split => Math.Min(prefill[split], decode[split]))
            .Take(MaxSplits)
            .Select(split => Pools(ranked, machine => machine < split))
            .OfType<GroupPlan[]>();
    }

    /// <summary>Null where a machine cannot do the work of its pool.</summary>
    private static GroupPlan[]? Pools(Machine[] machines, Predicate<int> prompts)
    {
        var pools = new GroupPlan[machines.Length];
        for (var index = 0; index < machines.Length; index++)
        {
            if ((prompts(index) ? machines[index].Prompt : machines[index].Token) is not { } group)
                return null;
            pools[index] = group;
        }
        return pools;
    }

    /// <summary>One machine at either work; null where it cannot do it.</summary>
    private readonly record struct Machine(GroupPlan? Prompt, GroupPlan? Token)
    {
        public double PromptRate => Prompt?.RequestsPerSecond ?? 0;

        public double TokenRate => Token?.RequestsPerSecond ?? 0;

        public static Machine Of(PlanningContext context, GroupPlan group)
        {
            int[] devices = [.. group.Stages.Select(stage => stage.Device)];
            return new Machine(context.Groups.Best(devices, ReplicaRole.Prefill), context.Groups.Best(devices, ReplicaRole.Decoder));
        }
    }
}
