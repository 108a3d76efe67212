using System.Globalization;
using E2LLM.Core.Plans;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Workloads;

namespace E2LLM.Planning.Benchmarks;

/// <summary>Time and proved gap of planner e2llm on fleets of growing size, against what is asked of it.</summary>
internal static class Targets
{
    private static readonly (string Fleet, double GapPercent, double Seconds)[] Asked =
    [
        ("paper-testbed", 0, 1),
        ("unlike-16", 1, 3),
        ("campus-64", 5, 15),
        ("types-256", 10, 60),
        ("types-1000", double.PositiveInfinity, 120),
    ];

    public static void Print(TextWriter output, string[] fleets)
    {
        output.WriteLine($"planner e2llm, model gpt-oss-20b, workload extended, seed 1, {Environment.ProcessorCount} cores");
        output.WriteLine("| fleet | objective | seconds | asked | capacity, req/s | wait, s | certificate | gap, % | asked |");
        output.WriteLine("|---|---|---|---|---|---|---|---|---|");
        // Compiles the code before anything is timed.
        Run("paper-testbed", PlanObjective.Capacity);
        foreach (var (fleet, gap, seconds) in Asked)
        {
            if (fleets.Length > 0 && !fleets.Contains(fleet))
                continue;
            foreach (var objective in Enum.GetValues<PlanObjective>())
            {
                var (plan, elapsed) = Run(fleet, objective);
                foreach (var certificate in plan.Certificates)
                    output.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"| {fleet} | {objective} | {elapsed:F2} | {seconds} | {plan.Prediction!.CapacityRequestsPerSecond:F4} | {plan.Prediction.MeanWaitSeconds:F3} | "
                        + $"{certificate.Objective}: {certificate.Method} | {certificate.GapPercent:F3} | {gap} |"));
                output.Flush();
            }
        }
    }

    private static (ServingPlan Plan, double Seconds) Run(string fleet, PlanObjective objective)
    {
        var request = PresetRequests.Create(
            FleetPresets.Get(fleet), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), objective);
        var start = TimeProvider.System.GetTimestamp();
        var plan = PlannerRegistry.Get("e2llm").Plan(request, CancellationToken.None);
        return (plan, TimeProvider.System.GetElapsedTime(start).TotalSeconds);
    }
}
