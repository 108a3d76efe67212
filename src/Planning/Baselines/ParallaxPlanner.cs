using E2LLM.Core.Plans;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Baselines;

/// <summary>
/// After Parallax: k MIXED pipelines with the fewest stages in all, s(k), for the k of the highest k^2 / s(k); layers by water-filling.
/// </summary>
/// <remarks>
/// s(k) is found by giving the devices of the most memory, one by one, to the pipeline that lacks the most layers. Water-filling levels
/// the stages' times within memory limits, which is what the group planner does.
/// </remarks>
public sealed class ParallaxPlanner : ContextPlanner
{
    public override string Name => "parallax";

    protected override IReadOnlyList<GroupPlan> Find(PlanningContext context)
    {
        var capacities = context.Serving.Capacities;
        int[] devices =
        [
            .. Enumerable.Range(0, context.Serving.Fleet.DeviceCount)
                .Where(device => capacities.Inner[device] > 0)
                .OrderByDescending(device => capacities.Inner[device])
                .ThenBy(device => device),
        ];
        var total = devices.Sum(device => capacities.Inner[device]);
        List<GroupPlan> best = [];
        var bestScore = 0.0;
        for (var pipelines = 1; pipelines <= Math.Max(1, total / context.Serving.Fleet.LayerCount); pipelines++)
        {
            var groups = Pipelines(context, devices, pipelines);
            var score = groups.Count < pipelines ? 0 : (double)pipelines * pipelines / groups.Sum(group => group.Stages.Length);
            if (score > bestScore)
                (best, bestScore) = (groups, score);
        }
        return best;
    }

    private static List<GroupPlan> Pipelines(PlanningContext context, int[] devices, int count)
    {
        var members = Enumerable.Range(0, count).Select(_ => new List<int>()).ToArray();
        var layers = new int[count];
        var groups = new GroupPlan?[count];
        var open = count;
        foreach (var device in devices)
        {
            if (open == 0)
                break;
            var neediest = -1;
            for (var index = 0; index < count; index++)
                if (groups[index] is null && (neediest < 0 || layers[index] < layers[neediest]))
                    neediest = index;
            members[neediest].Add(device);
            layers[neediest] += context.Serving.Capacities.Inner[device];
            // The embedding and the head may want a device more than the layers alone do.
            if (layers[neediest] >= context.Serving.Fleet.LayerCount
                && context.Groups.Best(members[neediest], ReplicaRole.Mixed) is { } group)
            {
                groups[neediest] = group;
                open--;
            }
        }
        return [.. groups.OfType<GroupPlan>()];
    }
}
