using System.Globalization;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Search;
using E2LLM.Planning.Workloads;
using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Judging;
using E2LLM.Simulation.Results;
using E2LLM.Simulation.Workloads;

namespace E2LLM.Planning.Benchmarks;

/// <summary>What planners' plans are predicted to do, beside what a simulation of them does, from light load to overload.</summary>
internal static class SimulatedTable
{
    private const int Seeds = 3;

    private static readonly string[] DefaultFleets = ["paper-testbed"];
    private static readonly string[] Workloads = ["extended", "custom-extended"];
    private static readonly double[] IntervalsSeconds = [0.5, 1, 2, 3, 8];
    private static readonly string[] Planners = ["e2llm", "e2llm-paper", "colocated", "splitwise", "single-pipeline", "parallax", "hexgen2"];

    public static void Print(TextWriter output, string[] fleets)
    {
        output.WriteLine($"simulated; model gpt-oss-20b, Poisson arrivals, exponential lengths, 100 requests, mean of {Seeds} seeds; (predicted)");
        output.WriteLine("| fleet | workload | interval, s | planner | wait, s | TTFT, s | TPOT, ms | end to end, s | capacity, req/s | roles |");
        output.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
        foreach (var fleet in fleets.Length > 0 ? fleets : DefaultFleets)
            foreach (var workload in Workloads)
                foreach (var interval in IntervalsSeconds)
                    Print(output, fleet, workload, interval);
    }

    private static void Print(TextWriter output, string fleet, string workloadName, double intervalSeconds)
    {
        var workload = WorkloadPresets.Get(workloadName) with { RequestsPerSecond = 1 / intervalSeconds };
        var request = PresetRequests.Create(FleetPresets.Get(fleet), ModelShapes.Get("gpt-oss-20b"), workload, PlanObjective.Latency);
        var context = new PlanningContext(request, CancellationToken.None);
        foreach (var name in Planners)
        {
            ServingPlan plan;
            try
            {
                plan = ((ContextPlanner)PlannerRegistry.Get(name, new SimulationJudge(new SimulationOptions()))).Plan(context);
            }
            catch (PlanningException)
            {
                continue;
            }
            var results = Enumerable.Range(1, Seeds).Select(seed => new FogSimulator(request, plan, new SimulationOptions()).Run(
                WorkloadSampler.Draw(workload, workload.HorizonRequests, seed, request.Engine.MaxSequenceTokens), CancellationToken.None)).ToArray();
            var predicted = plan.Prediction!;
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {fleet} | {workloadName} | {intervalSeconds} | {name} | {Mean(result => result.MeanWaitSeconds):F2} ({predicted.MeanWaitSeconds:F2}) | "
                + $"{Mean(result => result.MeanTtftSeconds):F2} ({predicted.TtftSeconds:F2}) | {1e3 * Mean(result => result.MeanTpotSeconds):F0} ({1e3 * predicted.TpotSeconds:F0}) | "
                + $"{Mean(result => result.MeanEndToEndSeconds):F1} ({predicted.MeanWaitSeconds + predicted.ServiceSeconds:F1}) | {predicted.CapacityRequestsPerSecond:F3} | "
                + $"{string.Join(' ', plan.Replicas.GroupBy(replica => replica.Role).Select(group => $"{group.Count()} {group.Key}"))} |"));
            output.Flush();

            double Mean(Func<SimulationResult, double> figure) => results.Average(figure);
        }
    }
}
