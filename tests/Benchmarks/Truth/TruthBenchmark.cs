using System.Collections.Immutable;
using E2LLM.Benchmarks.Fog;
using E2LLM.Benchmarks.Load;
using E2LLM.Benchmarks.PlannedSteps;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Core.Workloads;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Planning.Explanation;
using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Results;
using E2LLM.Simulation.Workloads;

namespace E2LLM.Benchmarks.Truth;

/// <summary>
/// The same requests at the same times through the product's grains and through the simulator, which is told the plan, the profiles and the
/// links of the fog and nothing of what happened there.
/// </summary>
internal sealed class TruthBenchmark(TruthFog fog, int requestCount, int seed)
{
    private const double MeanPromptTokens = 96;
    private const double MeanAnswerTokens = 48;
    private const double LengthScv = 0.5;
    private const int LongestTokens = 1024;
    private const int FirstToken = 300;

    public void PrintHead()
    {
        Console.WriteLine($"{fog.Catalog.Models[0].Id}, devices {string.Join(", ", fog.Fleet.Devices.Select(device => $"{device.Id} x{device.SlowdownFactor}"))}, "
            + FormattableString.Invariant($"links {fog.Fleet.DefaultBandwidthBytesPerSecond / 1e6:0} MB/s {fog.Fleet.DefaultLatencySeconds * 1e3:0.0} ms; {requestCount} requests a load, Poisson, {MeanPromptTokens} tokens in and {MeanAnswerTokens} out on average"));
        Console.WriteLine("| planner | load | requests/s | figure | simulated | measured | simulated / measured | requests within 10 % | processors others used |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
    }

    public async Task RunAsync(string planner, IReadOnlyList<double> loads, CancellationToken cancellationToken)
    {
        await using var running = await BenchmarkFog.StartAsync(new FogOptions
        {
            Catalog = fog.Catalog,
            Engines = fog.Engines,
            Profiler = fog.Profiler,
            Planner = new PlanAdvisor(),
            Devices = fog.Fleet.Devices,
            Fleet = fog.Fleet,
            Serving = serving =>
            {
                (serving.Planner, serving.MaxSequences, serving.MaxSequenceTokens) = (planner, 0, LongestTokens);
                (serving.ExpectedInputTokens, serving.ExpectedOutputTokens, serving.ReusePrefixes) = (MeanPromptTokens, MeanAnswerTokens, false);
            },
        });
        var status = await running.StatusAsync();
        await Console.Error.WriteLineAsync($"{planner}: {string.Join("; ", status.Plan!.Replicas.Select(replica => $"{replica.Role} {string.Join(' ', replica.Stages.Select(stage => $"{stage.DeviceId}:{stage.LayerCount}"))}"))}");
        // What is loaded and compiled for the first request is not the second one's.
        await ServeAsync(running, Draw(2 * status.Plan!.Prediction!.SustainedRequestsPerSecond, 20), cancellationToken);
        foreach (var load in loads)
        {
            var rate = load * status.Plan.Prediction.SustainedRequestsPerSecond;
            var requests = Draw(rate, requestCount);
            var others = new ForeignLoad();
            var measured = await ServeAsync(running, requests, cancellationToken);
            Print(planner, load, rate, Simulate(status, requests, cancellationToken), measured, others.Processors());
        }
    }

    private SimulatedRequest[] Draw(double rate, int count) => WorkloadSampler.Draw(
        new WorkloadSpec
        {
            Name = "truth",
            RequestsPerSecond = rate,
            MeanInputTokens = MeanPromptTokens,
            MeanOutputTokens = MeanAnswerTokens,
            InputTokensScv = LengthScv,
            OutputTokensScv = LengthScv,
        },
        count,
        seed,
        LongestTokens);

    private static ImmutableArray<RequestTimes> Simulate(PlanStatus status, SimulatedRequest[] requests, CancellationToken cancellationToken)
    {
        var request = new PlanRequest { Fleet = status.Fleet!, Model = status.Model!, Profiles = status.Profiles, Engine = status.Plan!.Replicas[0].Engine };
        return new FogSimulator(request, status.Plan, new SimulationOptions()).Run(requests, cancellationToken).Requests;
    }

    private async Task<TimedAnswer[]> ServeAsync(BenchmarkFog running, SimulatedRequest[] requests, CancellationToken cancellationToken)
    {
        var model = fog.Catalog.Models[0];
        var random = new Random(seed);
        var asked = requests.Select(request => RandomPrompts.Request(
            model, [.. Enumerable.Range(0, request.PromptTokens).Select(_ => random.Next(FirstToken, model.VocabularySize))], request.AnswerTokens)).ToArray();
        await running.MakeAsync(asked);
        var start = TimeProvider.System.GetTimestamp();
        return await Task.WhenAll(requests.Zip(asked, AnswerAsync));

        async Task<TimedAnswer> AnswerAsync(SimulatedRequest request, GenerationRequest generation)
        {
            var wait = TimeSpan.FromSeconds(request.ArrivalSeconds) - TimeProvider.System.GetElapsedTime(start);
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, TimeProvider.System, cancellationToken);
            return await TimedAnswer.ReadAsync(running.StreamAsync(generation, cancellationToken));
        }
    }

    private static void Print(string planner, double load, double rate, IReadOnlyList<RequestTimes> simulated, IReadOnlyList<TimedAnswer> measured, double others)
    {
        foreach (var row in TruthRow.All(simulated, measured))
            Console.WriteLine(FormattableString.Invariant(
                $"| {planner} | {load:0.0} | {rate:0.00} | {row.Name} | {Milliseconds(row.Simulated)} | {Milliseconds(row.Measured)} | {(double.IsNaN(row.Ratio) ? "-" : FormattableString.Invariant($"{row.Ratio:0.00}"))} | {100 * row.ShareWithinTenth:0} % | {others:0.00} |"));
    }

    private static string Milliseconds(double[] seconds) => FormattableString.Invariant($"{1e3 * seconds.Average():0.0} ms");
}
