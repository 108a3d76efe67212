using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using E2LLM.Cli.Planning.Documents;
using E2LLM.Core.Plans.Documents;
using E2LLM.Simulation.Churn;
using E2LLM.Simulation.Experiments;
using E2LLM.Simulation.Experiments.Figures;
using E2LLM.Simulation.Experiments.Sources;
using E2LLM.Simulation.Experiments.Statistics;
using E2LLM.Simulation.Results;

namespace E2LLM.Cli.Simulating.Documents;

/// <summary>The JSON document of <c>e2llm simulate --json</c>; docs/simulation.md describes it.</summary>
/// <remarks>The same command gives the same document, byte for byte, on any number of threads.</remarks>
internal static class SimulationDocument
{
    public const string Format = "e2llm-simulation/1";

    /// <summary>Per cents at which distributions are written.</summary>
    private const int Steps = 100;

    private static readonly JsonSerializerOptions Options = new(PlanJson.File) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static string Write(SimulationReport report)
    {
        var header = PlanHeader.Of(report.Input) with { Format = Format, Source = $"simulated from {report.Input.ProfileSources}", Workload = report.Source.Source.Workload };
        var root = JsonSerializer.SerializeToNode(header, PlanJson.File)!.AsObject();
        root["experiment"] = Node(Experiment(report));
        root["notes"] = Node(SimulationSentences.Notes(report));
        root["cells"] = new JsonArray([.. report.Cells.Select(cell => Node(Cell(cell, report.Experiment.FirstSeed, report.Experiment.FleetEvents.Count > 0)))]);
        return root.ToJsonString(PlanJson.File);
    }

    private static object Experiment(SimulationReport report) => new
    {
        requests = report.Source.Source switch
        {
            ReplayedTrace => "replayed",
            ResampledTrace => "resampled",
            _ => "drawn",
        },
        trace = report.Settings.TracePath is { } path ? Path.GetFileName(path) : null,
        requestsPerRun = report.Experiment.Requests,
        runs = report.Experiment.Seeds,
        firstSeed = report.Experiment.FirstSeed,
        ratesPerSecond = report.Experiment.Rates,
        confidence = 0.95,
        fleetEvents = report.Experiment.FleetEvents.Count == 0 ? null : report.Experiment.FleetEvents.Select(happens => new
        {
            atSeconds = happens.AtSeconds,
            device = happens.DeviceId,
            kind = happens.Kind.ToString().ToLowerInvariant(),
            factor = happens.Kind == FleetEventKind.Slows ? happens.Factor : (double?)null,
        }),
    };

    private static object Cell(ExperimentCell cell, int firstSeed, bool hasChurn) => new
    {
        planner = cell.Planner,
        requestsPerSecond = cell.RequestsPerSecond,
        routingPolicy = cell.Plan is null ? null : cell.RoutingPolicy,
        error = cell.Refusal,
        plannedFor = cell.Plan?.Objective is { } objective ? PlanJson.NameOf(objective) : null,
        replicas = cell.Plan?.Replicas.Select(replica => new
        {
            id = replica.Id,
            role = PlanJson.NameOf(replica.Role),
            devices = replica.Stages.Select(stage => stage.DeviceId),
        }),
        maxTokens = cell.Plan is null ? (int?)null : cell.MaxTokens,
        cutRequests = cell.Plan is null ? (int?)null : cell.CutRequests,
        waitSeconds = Latencies(cell, Latency.Wait),
        ttftSeconds = Latencies(cell, Latency.Ttft),
        tpotSeconds = Latencies(cell, Latency.Tpot),
        endToEndSeconds = Latencies(cell, Latency.EndToEnd),
        timelyShare = Interval(cell.Figures?.TimelyShare),
        goodputRequestsPerSecond = Interval(cell.Figures?.GoodputRequestsPerSecond),
        servedRequestsPerSecond = Interval(cell.Figures?.ServedRequestsPerSecond),
        answerTokensPerSecond = Interval(cell.Figures?.AnswerTokensPerSecond),
        kvBytes = Interval(cell.Figures?.KvBytes),
        busyShares = cell.Figures?.BusyShares,
        runs = cell.Plan is null ? null : cell.Runs.Select((run, index) => new
        {
            seed = firstSeed + index,
            durationSeconds = run.DurationSeconds,
            waitSeconds = run.MeanWaitSeconds,
            ttftSeconds = run.MeanTtftSeconds,
            tpotSeconds = run.MeanTpotSeconds,
            endToEndSeconds = run.MeanEndToEndSeconds,
            kvBytes = run.KvBytes,
            churn = hasChurn ? Churn(run) : null,
        }),
    };

    private static object Churn(SimulationResult run) => new
    {
        replays = run.Requests.Sum(request => request.Replays),
        recomputedTokens = run.Requests.Sum(request => (long)request.RecomputedTokens),
        lostRequests = run.LostRequests,
        secondsWithoutRoute = run.SecondsWithoutRoute,
        planChanges = run.PlanChanges,
        planRefusals = run.PlanRefusals,
    };

    private static object? Latencies(ExperimentCell cell, Latency latency)
    {
        if (cell.Figures is not { } figures)
            return null;
        var sorted = latency.Sorted(cell.Runs.SelectMany(run => run.Requests));
        var of = figures[latency];
        return new
        {
            mean = of.Mean.Mean,
            meanHalfWidth = of.Mean.HalfWidth,
            p50 = of.P50.Mean,
            p50HalfWidth = of.P50.HalfWidth,
            p90 = of.P90.Mean,
            p90HalfWidth = of.P90.HalfWidth,
            p99 = of.P99.Mean,
            p99HalfWidth = of.P99.HalfWidth,
            distribution = Enumerable.Range(0, Steps + 1).Select(percent => Percentile.Of(sorted, percent)),
        };
    }

    private static object? Interval(MeanInterval? interval) => interval is { } value ? new { mean = value.Mean, halfWidth = value.HalfWidth } : null;

    private static JsonNode? Node<T>(T value) => JsonSerializer.SerializeToNode(value, Options);
}
