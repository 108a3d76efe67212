using System.Collections.Concurrent;
using E2LLM.Core.Plans;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Genetic;

/// <summary>Turns a chromosome into groups: cuts by the partition DP in the chromosome's order, then the labeling of the least bottleneck. Thread-safe.</summary>
internal sealed class ChromosomeDecoder(PlanningContext context)
{
    /// <summary>Replicas up to which all 2^n labelings are tried; beyond, only splits by the ratio of prefill to decode rate.</summary>
    private const int MaxEnumeratedReplicas = 10;

    private readonly ConcurrentDictionary<string, (GroupPlan? Prefill, GroupPlan? Decoder)> _memo = new(StringComparer.Ordinal);

    public DecodedPlan Decode(Chromosome chromosome)
    {
        var replicas = chromosome.Groups().Select(Rates).Where(rates => rates.Prefill is not null && rates.Decoder is not null).ToArray();
        if (replicas.Length == 0)
            return DecodedPlan.Infeasible;
        // A lone replica has to do both: the paper has no role for that.
        if (replicas.Length == 1)
            return context.Groups.Evaluator.Best(replicas[0].Decoder!.Stages, ReplicaRole.Mixed) is { } mixed
                ? Plan([mixed], mixed.RequestSeconds)
                : DecodedPlan.Infeasible;
        if (replicas.Length > MaxEnumeratedReplicas)
            Array.Sort(replicas, (left, right) =>
                (right.Prefill!.RequestsPerSecond / right.Decoder!.RequestsPerSecond).CompareTo(left.Prefill!.RequestsPerSecond / left.Decoder!.RequestsPerSecond));
        var (best, least) = (0L, double.PositiveInfinity);
        foreach (var labels in Labelings(replicas.Length))
        {
            var (prefill, decode) = (0.0, 0.0);
            for (var index = 0; index < replicas.Length; index++)
            {
                if (IsPrefill(labels, index, replicas.Length))
                    prefill += replicas[index].Prefill!.RequestsPerSecond;
                else
                    decode += replicas[index].Decoder!.RequestsPerSecond;
            }
            var phase = 1 / Math.Min(prefill, decode);
            if (phase < least)
                (best, least) = (labels, phase);
        }
        return Plan([.. replicas.Select((rates, index) => IsPrefill(best, index, replicas.Length) ? rates.Prefill! : rates.Decoder!)], least);
    }

    private static IEnumerable<long> Labelings(int replicas) => replicas <= MaxEnumeratedReplicas
        ? Enumerable.Range(1, (1 << replicas) - 2).Select(labels => (long)labels)
        : Enumerable.Range(1, replicas - 1).Select(split => (long)split);

    // Few replicas: a bit each. Many: how many of the sorted list prefill.
    private static bool IsPrefill(long labels, int index, int replicas) =>
        replicas <= MaxEnumeratedReplicas ? (labels >> index & 1) != 0 : index < labels;

    private DecodedPlan Plan(GroupPlan[] groups, double phaseSeconds) =>
        new(groups, Math.Max(0, phaseSeconds - 1 / context.Serving.Workload.RequestsPerSecond), phaseSeconds);

    private (GroupPlan? Prefill, GroupPlan? Decoder) Rates(int[] order)
    {
        if (order.Length > context.Serving.Fleet.LayerCount)
            return default;
        var key = string.Create(order.Length, order, (text, devices) =>
        {
            for (var index = 0; index < devices.Length; index++)
                text[index] = (char)devices[index];
        });
        return _memo.GetOrAdd(key, _ => (context.Groups.InOrder(order, ReplicaRole.Prefill), context.Groups.InOrder(order, ReplicaRole.Decoder)));
    }
}
