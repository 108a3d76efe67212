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
        output.WriteLine("| fleet | objective | seconds | CPU seconds | asked | capacity, req/s | wait, s | gap by objective, % | asked | proof |");
        output.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
        // Compiles the code before anything is timed.
        Run("paper-testbed", PlanObjective.Capacity);
        foreach (var (fleet, gap, seconds) in Asked)
        {
            if (fleets.Length > 0 && !fleets.Contains(fleet))
                continue;
            foreach (var objective in Enum.GetValues<PlanObjective>())
            {
                var (plan, elapsed, cpu) = Run(fleet, objective);
                var gaps = plan.Certificates.Select(certificate => string.Create(
                    CultureInfo.InvariantCulture, $"{certificate.Objective.ToString().ToLowerInvariant()} {certificate.GapPercent:F3}"));
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {fleet} | {objective} | {elapsed:F2} | {cpu:F2} | {seconds} | {plan.Prediction!.CapacityRequestsPerSecond:F4} | ")
                    + string.Create(
                        CultureInfo.InvariantCulture,
                        $"{plan.Prediction.MeanWaitSeconds:F3} | {string.Join(", ", gaps)} | {gap} | {plan.Certificates[0].Method} |"));
                output.Flush();
            }
        }
    }

    private static (ServingPlan Plan, double Seconds, double CpuSeconds) Run(string fleet, PlanObjective objective)
    {
        var request = PresetRequests.Create(
            FleetPresets.Get(fleet), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), objective);
        var cpu = Environment.CpuUsage.TotalTime;
        var start = TimeProvider.System.GetTimestamp();
        var plan = PlannerRegistry.Get("e2llm").Plan(request, CancellationToken.None);
        return (plan, TimeProvider.System.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
    }
}
