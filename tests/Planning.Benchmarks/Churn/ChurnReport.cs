using System.Globalization;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Core.Workloads;
using E2LLM.Planning.Benchmarks.Compared;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Workloads;
using E2LLM.Simulation.Churn;
using E2LLM.Simulation.Results;
using E2LLM.Simulation.Workloads;

namespace E2LLM.Planning.Benchmarks.Churn;

/// <summary>What a fog does while its devices leave, come and slow down: one loss in the middle of a short run, and a day on which laptops go home.</summary>
internal sealed class ChurnReport(TextWriter output)
{
    private const int Requests = 300;
    private const int Seed = 1;
    private const string ModelName = "gpt-oss-20b";
    private const string Planner = "e2llm";

    /// <summary>Of what the plan of all devices sustains: the rate at night and at the peak.</summary>
    private const double LeastShare = 0.2;

    private const double MostShare = 0.8;
    private const double PeakHour = 14;
    private const double ComeHour = 8;
    private const double LeaveHour = 18;

    private static readonly WorkloadSpec Extended = WorkloadPresets.Get("extended");

    /// <param name="fleetName">A preset, or a file of the directory fleets.</param>
    public void WriteLoss(string fleetName)
    {
        var request = Request(ComparedFleets.Get(fleetName), 1, PlanObjective.Latency);
        var plan = Plan(request);
        var fastest = plan.Replicas.SelectMany(replica => replica.Stages).Select(stage => stage.DeviceId).Distinct()
            .MinBy(device => request.Profiles.Single(profile => profile.DeviceId == device).Decode[0].SecondsPerLayer)!;
        var requests = WorkloadSampler.Draw(request.Workload!, Requests, Seed, MaxTokens(request));
        var (leaves, comes) = (requests[Requests / 3].ArrivalSeconds, requests[2 * Requests / 3].ArrivalSeconds);
        Line($"simulated; {fleetName}, {ModelName}, extended every 1 s, {Requests} requests, seed {Seed}; {fastest} leaves after {leaves:0} s and comes back after {comes:0} s, or takes four times as long between the two");
        Line($"");
        Line($"| {fastest} | wait, s (p99) | TTFT, s (p99) | end to end, s (p99) | replays | tokens recomputed | lost | without a route, s |");
        Line($"|---|---|---|---|---|---|---|---|");
        var lives = new (string Name, FleetEvent[] Events)[]
        {
            ("stays", []),
            ("leaves for a moment: 5 s", [FleetEvent.Leaves(fastest, leaves), FleetEvent.Joins(fastest, leaves + 5)]),
            ("leaves and comes back", [FleetEvent.Leaves(fastest, leaves), FleetEvent.Joins(fastest, comes)]),
            ("leaves for good", [FleetEvent.Leaves(fastest, leaves)]),
            ("slows down", [FleetEvent.Slows(fastest, leaves, 4), FleetEvent.Slows(fastest, comes, 1)]),
        };
        var changes = new List<(string Life, PlanChange Change)>();
        foreach (var (name, events) in lives)
        {
            var result = new LivingFog(request, plan, events, new ChurnOptions()).Run(requests, CancellationToken.None);
            Line($"| {name} | {Figure(result, one => one.WaitSeconds)} | {Figure(result, one => one.TimeToFirstTokenSeconds)} | {Figure(result, one => one.EndToEndSeconds)} | {result.Requests.Sum(one => one.Replays)} | {result.Requests.Sum(one => one.RecomputedTokens)} | {result.LostRequests.Length} | {result.SecondsWithoutRoute:0.0} |");
            changes.AddRange(result.PlanChanges.Select(change => (name, change)));
        }
        Line($"");
        Changes(changes);
    }

    /// <summary>Laptops of the campus come at eight and leave at six.</summary>
    public void WriteDay()
    {
        const double hour = 3600;
        var fleet = ComparedFleets.Get("campus.json");
        string[] laptops = [.. fleet.Devices.Select(device => device.Id).Where(id => id.StartsWith("laptop", StringComparison.Ordinal))];
        // Caches with sliding windows are not handed on, so of plans of MIXED replicas alone.
        var sustained = PlannerRegistry.Get("colocated").Plan(Request(fleet, 1, PlanObjective.Capacity), CancellationToken.None).Prediction!.SustainedRequestsPerSecond;
        var request = Request(fleet, MostShare * sustained, PlanObjective.Latency);
        var night = fleet with
        {
            Devices = fleet.Devices.RemoveAll(device => laptops.Contains(device.Id)),
            Links = fleet.Links.RemoveAll(link => laptops.Contains(link.From) || laptops.Contains(link.To)),
        };
        var plan = Plan(request with { Fleet = night, Profiles = request.Profiles.RemoveAll(profile => laptops.Contains(profile.DeviceId)) });
        var requests = DiurnalSampler.Draw(
            Extended, LeastShare * sustained, MostShare * sustained, PeakHour * hour, DiurnalSampler.DaySeconds, Seed, MaxTokens(request));
        FleetEvent[] events = [.. laptops.Select(id => FleetEvent.Joins(id, ComeHour * hour)), .. laptops.Select(id => FleetEvent.Leaves(id, LeaveHour * hour))];
        var result = new LivingFog(request, plan, events, new ChurnOptions()).Run(requests, CancellationToken.None);

        Line($"simulated; campus.json, {ModelName}, extended, a day: {requests.Length} requests, {LeastShare * sustained:0.00}/s at 2:00 to {MostShare * sustained:0.00}/s at 14:00 (0.2 to 0.8 of what all devices sustain as MIXED replicas), seed {Seed}; {string.Join(" and ", laptops)} come at 8:00 and leave at 18:00");
        Line($"");
        Line($"requests lost {result.LostRequests.Length}, replays {result.Requests.Sum(one => one.Replays)}, tokens recomputed {result.Requests.Sum(one => one.RecomputedTokens)}, {result.SecondsWithoutRoute:0.0} s without a route, plan changes {result.PlanChanges.Length}, refused {result.PlanRefusals.Length}");
        Line($"");
        Changes(result.PlanChanges.Select(change => ("day", change)));
        Line($"");
        Line($"| hour | requests | replays | wait, s (p99) | TTFT, s (p99) | end to end, s (p99) |");
        Line($"|---|---|---|---|---|---|");
        foreach (var hourly in result.Requests.GroupBy(one => (int)(one.ArrivalSeconds / hour)).OrderBy(group => group.Key))
        {
            var part = result with { Requests = [.. hourly] };
            Line($"| {hourly.Key}:00 | {part.Requests.Length} | {part.Requests.Sum(one => one.Replays)} | {Figure(part, one => one.WaitSeconds)} | {Figure(part, one => one.TimeToFirstTokenSeconds)} | {Figure(part, one => one.EndToEndSeconds)} |");
        }
    }

    private void Changes(IEnumerable<(string Life, PlanChange Change)> changes)
    {
        Line($"| life | plan taken up at, s | because | replicas | kept | moved, GB | until all serve, s |");
        Line($"|---|---|---|---|---|---|---|");
        foreach (var (life, change) in changes)
            Line($"| {life} | {change.AtSeconds:0.0} | {change.Reason} | {change.Replicas} | {change.KeptReplicas} | {change.BytesMoved / 1e9:0.0} | {(change.SecondsUntilServing is { } seconds ? seconds.ToString("0.0", CultureInfo.InvariantCulture) : "another came first")} |");
    }

    private static string Figure(SimulationResult result, Func<RequestTimes, double> figure) =>
        FormattableString.Invariant($"{result.Requests.Average(figure):0.00} ({result.Percentile(figure, 0.99):0.00})");

    private static PlanRequest Request(FleetSpec fleet, double requestsPerSecond, PlanObjective objective) =>
        PresetRequests.Create(fleet, ModelShapes.Get(ModelName), Extended with { RequestsPerSecond = requestsPerSecond }, objective);

    private static ServingPlan Plan(PlanRequest request) => PlannerRegistry.Get(Planner).Plan(request, CancellationToken.None);

    /// <summary>What every replica of any plan can hold.</summary>
    private static int MaxTokens(PlanRequest request) =>
        Math.Min(request.Engine.MaxSequenceTokens, request.EngineChoices.Append(request.Engine).Min(engine => engine.KvCells));

    private void Line(FormattableString line)
    {
        output.WriteLine(line.ToString(CultureInfo.InvariantCulture));
        output.Flush();
    }
}
