using System.Globalization;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Search;
using E2LLM.Planning.Workloads;

namespace E2LLM.Planning.Benchmarks;

/// <summary>Every planner on every preset fleet and workload, by the cost model's own figures.</summary>
internal static class BaselineTable
{
    private static readonly string[] DefaultFleets = ["paper-testbed", "pi-and-jetson", "unlike-16", "campus-64"];

    public static void Print(TextWriter output, string[] fleets)
    {
        output.WriteLine($"model gpt-oss-20b, seed 1, {Environment.ProcessorCount} cores; rate: the workload's, at most 0.7 of the fleet's best capacity");
        output.WriteLine("| fleet | workload | req/s | planner | mean wait, s | service, s | seconds | capacity, req/s | seconds |");
        output.WriteLine("|---|---|---|---|---|---|---|---|---|");
        foreach (var fleet in fleets.Length > 0 ? fleets : DefaultFleets)
            foreach (var workload in WorkloadPresets.Names)
                Print(output, fleet, workload);
    }

    private static void Print(TextWriter output, string fleet, string workloadName)
    {
        var workload = WorkloadPresets.Get(workloadName);
        var capacityRequest = PresetRequests.Create(FleetPresets.Get(fleet), ModelShapes.Get("gpt-oss-20b"), workload, PlanObjective.Capacity);
        var capacity = new PlanningContext(capacityRequest, CancellationToken.None);
        double most;
        try
        {
            most = ((ContextPlanner)PlannerRegistry.Get("e2llm")).Plan(capacity).Prediction!.CapacityRequestsPerSecond;
        }
        catch (PlanningException error)
        {
            output.WriteLine($"| {fleet} | {workloadName} | | | {error.Message} | | | | |");
            return;
        }
        var rate = Math.Min(workload.RequestsPerSecond, 0.7 * most);
        var wait = new PlanningContext(
            capacityRequest with { Objective = PlanObjective.Wait, Workload = workload with { RequestsPerSecond = rate } }, CancellationToken.None);
        foreach (var name in PlannerRegistry.Names)
        {
            if (PlannerRegistry.Get(name) is not ContextPlanner planner)
                continue;
            var (byWait, waitSeconds) = Run(planner, wait);
            var (byCapacity, capacitySeconds) = Run(planner, capacity);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {fleet} | {workloadName} | {rate:G3} | {name} | {byWait?.MeanWaitSeconds:F3} | {byWait?.ServiceSeconds:F2} | {waitSeconds:F2} | "
                + $"{byCapacity?.CapacityRequestsPerSecond:F4} | {capacitySeconds:F2} |"));
            output.Flush();
        }
    }

    private static (PlanPrediction? Prediction, double Seconds) Run(ContextPlanner planner, PlanningContext context)
    {
        var start = TimeProvider.System.GetTimestamp();
        try
        {
            var prediction = planner.Plan(context).Prediction;
            return (prediction, TimeProvider.System.GetElapsedTime(start).TotalSeconds);
        }
        catch (PlanningException)
        {
            return (null, TimeProvider.System.GetElapsedTime(start).TotalSeconds);
        }
    }
}
