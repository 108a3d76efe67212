using System.Collections.Immutable;
using System.Globalization;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Workloads;
using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Judging;

namespace E2LLM.Planning.Benchmarks;

/// <summary>Time and proved gap of planner e2llm on fleets of growing size, against what is asked of it.</summary>
internal static class Targets
{
    private const int NamedLinks = 10;

    private static readonly (string Fleet, double GapPercent, double Seconds)[] Asked =
    [
        ("paper-testbed", 0, 1),
        ("unlike-16", 1, 15),
        ("campus-64", 5, 15),
        ("types-256", 5, 15),
        ("types-1000", 5, 15),
    ];

    public static void Print(TextWriter output, string[] fleets)
    {
        output.WriteLine($"planner e2llm, model gpt-oss-20b, workload extended, seed 1, {Environment.ProcessorCount} cores");
        output.WriteLine("| fleet | objective | seconds | CPU seconds | asked | capacity, req/s | wait, s | gap by objective, % | asked | proof |");
        output.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
        // Compiles the code before anything is timed.
        Run("paper-testbed", PlanObjective.Capacity, links: 0);
        foreach (var (fleet, gap, seconds) in Asked)
        {
            if (fleets.Length > 0 && !fleets.Contains(fleet))
                continue;
            foreach (var (objective, links) in Enum.GetValues<PlanObjective>().SelectMany(objective => new[] { (objective, 0), (objective, NamedLinks) }))
            {
                var (plan, elapsed, cpu) = Run(fleet, objective, links);
                var gaps = plan.Certificates.Select(certificate => string.Create(
                    CultureInfo.InvariantCulture, $"{certificate.Objective.ToString().ToLowerInvariant()} {certificate.GapPercent:F3}"));
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {fleet}{(links > 0 ? $", {links} named links" : "")} | {objective} | {elapsed:F2} | {cpu:F2} | {seconds} | {plan.Prediction!.CapacityRequestsPerSecond:F4} | ")
                    + string.Create(
                        CultureInfo.InvariantCulture,
                        $"{plan.Prediction.MeanWaitSeconds:F3} | {string.Join(", ", gaps)} | {gap} | {plan.Certificates[0].Method} |"));
                output.Flush();
            }
        }
    }

    private static (ServingPlan Plan, double Seconds, double CpuSeconds) Run(string fleetName, PlanObjective objective, int links)
    {
        var fleet = FleetPresets.Get(fleetName);
        var request = PresetRequests.Create(
            fleet with { Links = Links(fleet, links) }, ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), objective);
        var cpu = Environment.CpuUsage.TotalTime;
        var start = TimeProvider.System.GetTimestamp();
        var plan = PlannerRegistry.Get("e2llm", new SimulationJudge(new SimulationOptions())).Plan(request, CancellationToken.None);
        return (plan, TimeProvider.System.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
    }

    /// <summary>Slow Wi-Fi, far away, and a cable of 10 Gbit/s in turn, between devices all over the fleet.</summary>
    private static ImmutableArray<LinkSpec> Links(FleetSpec fleet, int count) =>
    [
        .. Enumerable.Range(0, count).Select(index =>
        {
            var devices = fleet.Devices.Length;
            var from = index * devices / count;
            var to = (from + 1 + index * 37 % (devices - 1)) % devices;
            var (megabits, milliseconds) = (index % 3) switch { 0 => (20.0, 5.0), 1 => (300.0, 50.0), _ => (10_000.0, 0.1) };
            return new LinkSpec { From = fleet.Devices[from].Id, To = fleet.Devices[to].Id, BandwidthBytesPerSecond = megabits * 1e6 / 8, LatencySeconds = milliseconds / 1e3 };
        }),
    ];
}
