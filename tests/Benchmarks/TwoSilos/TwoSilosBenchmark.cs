using System.Collections.Immutable;
using E2LLM.Benchmarks.Fog;
using E2LLM.Benchmarks.Load;
using E2LLM.Benchmarks.Nodes;
using E2LLM.Benchmarks.Reports;
using E2LLM.Benchmarks.Serving;
using E2LLM.Core.Engines;
using E2LLM.Grains.Plans;

namespace E2LLM.Benchmarks.TwoSilos;

/// <summary>
/// Tokens per second of the whole model in one bare engine, of 2 threads and of 1, of its two halves in two silo processes, 1
/// thread each, with and without micro-batches, and of the whole model served by one silo of 2 threads. The load comes from this
/// process, which is also the first silo.
/// </summary>
internal sealed class TwoSilosBenchmark(BenchmarkModel model, TwoSilosSettings settings)
{
    private const int BareMaxRows = 512;

    private readonly StepCounter _twoSteps = new();
    private readonly StepCounter _oneSteps = new();

    private readonly string _cut = settings.FirstStageLayers == 0
        ? FixedCut.HalfTheWeights(model.Spec, "d0", "d1")
        : $"mixed d0:{settings.FirstStageLayers} d1:{model.Spec.LayerCount - settings.FirstStageLayers}";

    public async Task RunAsync()
    {
        Console.WriteLine($"measured: model {model.Name} Q4_0 (random weights), {settings.PromptTokens} prompt tokens, {settings.AnswerTokens} answer tokens, " +
            $"{settings.RequestsPerClient} requests a client, {settings.Rounds} rounds");
        Console.WriteLine($"two silo processes: {_cut}, 1 thread each, steps of {settings.MaxStepTokens} rows, {settings.PrefillTokensBesideDecode} prompt tokens beside decode, " +
            $"{(settings.MaxSequences > 0 ? $"{settings.MaxSequences}" : "all")} requests at once; " +
            $"one silo: steps of {settings.WholeStepTokens} rows, {settings.WholePrefillTokensBesideDecode} prompt tokens beside decode");
        await using var bareTwo = await LoadBareAsync(threads: 2);
        await using var pipelined = await StartAsync(settings.StepsInFlight);
        await using var served = await StartWholeAsync();
        await using var bareOne = settings.IsBrief ? null : await LoadBareAsync(threads: 1);
        await using var single = settings.IsBrief ? null : await StartAsync(stepsInFlight: 1);
        foreach (var concurrency in settings.Concurrencies)
            await RunAsync(concurrency, bareTwo, pipelined, served, bareOne, single);
    }

    private async Task RunAsync(
        int concurrency, IStageEngine bareTwo, BenchmarkFog pipelined, BenchmarkFog served, IStageEngine? bareOne, BenchmarkFog? single)
    {
        var (whole, middle) = (new BusyShares(), new BusyShares());
        List<(string, Func<int, Task<double>>)> runs =
        [
            ("bare engine, 2 threads", round => RunBareAsync(bareTwo, _twoSteps, concurrency, round)),
            ($"2 silos, {settings.StepsInFlight} steps in flight", round => RunFogAsync(pipelined, concurrency, round, whole, middle)),
            ("1 silo, whole, 2 threads", round => RunFogAsync(served, concurrency, round, new BusyShares(), new BusyShares())),
        ];
        List<(int, string)> references = [(0, "of 2 threads"), (2, "of the whole served")];
        if (bareOne is not null && single is not null)
        {
            runs.Add(("bare engine, 1 thread", round => RunBareAsync(bareOne, _oneSteps, concurrency, round)));
            runs.Add(("2 silos, 1 step in flight", round => RunFogAsync(single, concurrency, round, new BusyShares(), new BusyShares())));
            references.Add((3, "of 1 thread"));
        }
        var cases = new InterleavedCases([.. runs]);
        await cases.RunAsync(settings.Rounds);
        cases.Print($"concurrency {concurrency,2}", "tokens/s", [.. references]);
        if (single is not null)
            Console.WriteLine($"concurrency {concurrency,2}  micro-batches against none: {cases.Ratio(1, to: 4):0.000}");
        Console.WriteLine($"concurrency {concurrency,2}  busy share, whole run: {whole}");
        Console.WriteLine($"concurrency {concurrency,2}  busy share, without ramp-up and ramp-down: {middle}");
    }

    private async Task<double> RunBareAsync(IStageEngine engine, StepCounter steps, int concurrency, int round)
    {
        var seconds = 0.0;
        foreach (var wave in Prompts(concurrency, round).Chunk(concurrency))
            seconds += await BareEngine.RunAsync(engine, steps, wave, settings.AnswerTokens, BareMaxRows);
        return Tokens(concurrency, round) / seconds;
    }

    private async Task<double> RunFogAsync(BenchmarkFog fog, int concurrency, int round, BusyShares whole, BusyShares middle)
    {
        var requests = Prompts(concurrency, round).Select(prompt => RandomPrompts.Request(model.Spec, prompt, settings.AnswerTokens)).ToArray();
        var loop = new ClosedLoop(fog, requests, concurrency);
        var (wholeMeter, middleMeter) = (new BusyMeter(fog), new BusyMeter(fog));
        await wholeMeter.StartAsync();
        var run = loop.RunAsync();
        if (Waves(round) >= 3)
        {
            await await Task.WhenAny(loop.IsFull, run);
            await middleMeter.StartAsync();
            await await Task.WhenAny(loop.Ends, run);
            middle.Add(await middleMeter.StopAsync());
        }
        var seconds = await run;
        var busy = await wholeMeter.StopAsync();
        if (round >= 0)
            whole.Add(busy);
        return Tokens(concurrency, round) / seconds;
    }

    private double Tokens(int concurrency, int round) => (double)Waves(round) * concurrency * settings.AnswerTokens;

    /// <summary>One is enough to warm up.</summary>
    private int Waves(int round) => round < 0 ? 1 : settings.RequestsPerClient;

    private ImmutableArray<int>[] Prompts(int concurrency, int round) =>
        RandomPrompts.Make(model.Spec, concurrency * Waves(round), settings.PromptTokens, seed: 1000 + round);

    private Task<IStageEngine> LoadBareAsync(int threads) => BareEngine.LoadAsync(
        model, Options(stepsInFlight: 1, BareMaxRows).SettingsFor(model.Spec, []), threads);

    private Task<BenchmarkFog> StartAsync(int stepsInFlight)
    {
        var serving = Options(stepsInFlight, settings.MaxStepTokens);
        if (settings.MaxSequences > 0)
            serving.MaxSequences = settings.MaxSequences;
        return BenchmarkFog.StartAsync(
            new FogOptions
            {
                Catalog = model.Catalog,
                Engines = model.Engines,
                Devices = [FogOptions.Device("d0")],
                Planner = FixedCut.Parse(_cut),
                Serving = options => ServingOptionsCopy.Copy(serving, options),
            },
            model.Node([FogOptions.Device("d1")], _cut, serving));
    }

    /// <summary>The same clients, the same product, no pipeline.</summary>
    private Task<BenchmarkFog> StartWholeAsync()
    {
        var serving = Options(stepsInFlight: 1, settings.WholeStepTokens);
        serving.PrefillTokensBesideDecode = settings.WholePrefillTokensBesideDecode;
        return BenchmarkFog.StartAsync(new FogOptions
        {
            Catalog = model.Catalog,
            Engines = model.Engines,
            Devices = [FogOptions.Device("whole", threads: 2)],
            Planner = FixedCut.Parse($"mixed whole:{model.Spec.LayerCount}"),
            Serving = options => ServingOptionsCopy.Copy(serving, options),
        });
    }

    private ServingOptions Options(int stepsInFlight, int maxStepTokens) => new()
    {
        MaxSequences = settings.Concurrencies.Max(),
        MaxSequenceTokens = settings.PromptTokens + settings.AnswerTokens,
        MaxStepTokens = maxStepTokens,
        MaxStepsInFlight = stepsInFlight,
        PrefillTokensBesideDecode = settings.PrefillTokensBesideDecode,
    };
}
