using E2LLM.Core.Plans;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Baselines;

/// <summary>The devices in random order, cut into groups as soon as each holds the model, with random roles. Seeded; the floor to compare with.</summary>
public sealed class RandomPlanner : ContextPlanner
{
    private const int MaxDraws = 200;

    public override string Name => "random";

    protected override IReadOnlyList<GroupPlan> Find(PlanningContext context)
    {
        var random = new Random(context.Request.Seed);
        for (var draw = 0; draw < MaxDraws; draw++)
        {
            var groups = Draw(context, random);
            if (groups.Count > 0 && context.Evaluator.Evaluate([.. groups]).CapacityPerSecond > 0)
                return groups;
        }
        return [];
    }

    private static List<GroupPlan> Draw(PlanningContext context, Random random)
    {
        var capacities = context.Serving.Capacities;
        int[] order = [.. Enumerable.Range(0, context.Serving.Fleet.DeviceCount).Where(device => capacities.Inner[device] > 0)];
        random.Shuffle(order);
        var groups = new List<GroupPlan>();
        var members = new List<int>();
        var role = (ReplicaRole)random.Next(3);
        foreach (var device in order)
        {
            members.Add(device);
            if (members.Sum(member => capacities.Inner[member]) < context.Serving.Fleet.LayerCount || context.Groups.Best(members, role) is not { } group)
                continue;
            groups.Add(group);
            members.Clear();
            role = (ReplicaRole)random.Next(3);
        }
        return groups;
    }
}
