using System.Collections.Immutable;
using E2LLM.Benchmarks.Fog;
using E2LLM.Benchmarks.Load;
using E2LLM.Benchmarks.Reports;
using E2LLM.Core.Fleets;
using E2LLM.Inference.Profiling;
using E2LLM.Planning.Explanation;

namespace E2LLM.Benchmarks.PlannedSteps;

/// <summary>
/// Profiles devices, plans and serves as a silo does; then one answer alone, and as many at once as the plan allows, against what the plan
/// says of both. After every round the devices are profiled again: what has changed since the plan was made is the machine's and not the plan's fault.
/// </summary>
internal sealed class PlannedStepsBenchmark(BenchmarkModel model, int answerTokens, int rounds)
{
    private const int PromptTokens = 64;

    public async Task RunAsync(string planner, int devices, int sequences)
    {
        var profiler = new QuietProfiler(model);
        var options = new FogOptions
        {
            Catalog = model.Catalog,
            Engines = model.Engines,
            Profiler = profiler,
            Planner = new PlanAdvisor(),
            Devices = [.. FogOptions.OneThreadDevices(devices).Select(device => device with { MemoryBytes = 64L << 30 })],
            Serving = serving =>
            {
                (serving.Planner, serving.MaxSequences, serving.MaxSequenceTokens) = (planner, sequences, PromptTokens + answerTokens);
                (serving.ExpectedInputTokens, serving.ExpectedOutputTokens, serving.ReusePrefixes) = (PromptTokens, answerTokens, false);
            },
        };
        await using var fog = await BenchmarkFog.StartAsync(options);
        var status = await fog.StatusAsync();
        if (status.Plan!.Replicas is not [var replica])
            throw new InvalidOperationException($"The plan has {status.Plan.Replicas.Length} replicas; this takes one.");
        Console.WriteLine($"{model.Name}, {replica.Stages.Length} stages, {replica.DecodeConcurrency} sequences in {replica.MicroBatches} micro-batches, answers of {answerTokens} tokens");
        if (devices >= Environment.ProcessorCount)
            Console.WriteLine($"{devices} devices of a thread each on {Environment.ProcessorCount} processors: where all compute at once, nothing is left for grains and clients.");
        Console.WriteLine(FormattableString.Invariant($"processors that others used meanwhile: profile {profiler.ForeignProcessors:0.00}"));

        var planned = Planned(status.Profiles);
        List<MeasuredRound> results = [];
        for (var round = -1; round < rounds; round++)
        {
            var load = new ForeignLoad();
            var alone = await AnswersAsync(fog, round, 1);
            var full = replica.DecodeConcurrency > 1 ? await AnswersAsync(fog, round, replica.DecodeConcurrency) : [];
            if (round < 0) // warms up
                continue;
            var again = await ProfileAsync(options.Devices);
            results.Add(MeasuredRound.Of(alone[0], full, Planned(again), load.Processors()));
            await Console.Error.WriteLineAsync(FormattableString.Invariant($"round {round}: {1e3 * results[^1].AloneSeconds:0.0} ms a token alone, others used {results[^1].ForeignProcessors:0.00} processors"));
        }
        Print(planned, results);

        PlannedTimes Planned(ImmutableArray<DeviceProfile> profiles) =>
            PlannedTimes.Of(status.Fleet!, status.Model!, replica, profiles, PromptTokens + answerTokens / 2.0);
    }

    private async Task<TimedAnswer[]> AnswersAsync(BenchmarkFog fog, int round, int clients)
    {
        var requests = RandomPrompts.Make(model.Spec, clients, PromptTokens, seed: round)
            .Select(prompt => RandomPrompts.Request(model.Spec, prompt, answerTokens)).ToArray();
        await fog.MakeAsync(requests);
        return await Task.WhenAll(requests.Select(request => TimedAnswer.ReadAsync(fog.StreamAsync(request))));
    }

    private async Task<ImmutableArray<DeviceProfile>> ProfileAsync(IReadOnlyList<DeviceSpec> devices)
    {
        var profiler = new LlamaDeviceProfiler(model.Catalog, model.Engines);
        List<DeviceProfile> profiles = [];
        foreach (var device in devices)
            profiles.Add(await profiler.ProfileAsync(device, model.Spec.Id, CancellationToken.None));
        return [.. profiles];
    }

    private static void Print(PlannedTimes planned, List<MeasuredRound> all)
    {
        var quiet = all.Where(round => round.ForeignProcessors <= ForeignLoad.MostProcessors).ToList();
        var rounds = quiet.Count > 0 ? quiet : all;
        Console.WriteLine(FormattableString.Invariant($"{quiet.Count} of {all.Count} rounds were quiet (others used at most {ForeignLoad.MostProcessors} processors)")
            + (quiet.Count > 0 ? ", and these count" : ": the figures say little"));
        Console.WriteLine("| what | planned ms | by profiles of the rounds, ms | measured ms | measured / planned | measured / by profiles of the rounds |");
        Console.WriteLine("|---|---|---|---|---|---|");
        for (var stage = 0; stage < planned.StageSeconds.Length; stage++)
        {
            var index = stage;
            Row($"stage {stage}, a step of one row", times => times.StageSeconds[index], round => round.StageSeconds[index]);
        }
        Row("a token of an answer alone", times => times.AloneSeconds, round => round.AloneSeconds);
        if (rounds.TrueForAll(round => double.IsFinite(round.FullSeconds)))
            Row("a token of all answers at once", times => times.FullSeconds, round => round.FullSeconds);

        void Row(string what, Func<PlannedTimes, double> plannedSeconds, Func<MeasuredRound, double> measuredSeconds)
        {
            var measured = Statistics.Median(rounds.Select(measuredSeconds).ToArray());
            var again = Statistics.Median(rounds.Select(round => plannedSeconds(round.Again)).ToArray());
            // Each round by its own profile: between rounds the machine may change.
            var ratio = Statistics.Median(rounds.Select(round => measuredSeconds(round) / plannedSeconds(round.Again)).ToArray());
            Console.WriteLine(FormattableString.Invariant(
                $"| {what} | {1e3 * plannedSeconds(planned):0.00} | {1e3 * again:0.00} | {1e3 * measured:0.00} | {measured / plannedSeconds(planned):0.00} | {ratio:0.00} |"));
        }
    }
}
