using E2LLM.Benchmarks.Fog;
using E2LLM.Benchmarks.Load;
using E2LLM.Core.Requests;
using E2LLM.Grains.Plans;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Benchmarks.Orchestration;

/// <summary>
/// The inter-token times that readers see in one silo, against those of the same engines driven by nothing but a loop: these have the
/// inaccuracy of the timer that the synthetic engine waits on, and its arithmetic, so the difference is what the fog adds. All clients
/// and all silos share this process.
/// </summary>
internal sealed class OrchestrationBenchmark(double stepSeconds, int answerTokens, int rounds)
{
    /// <summary>While requests still come in, steps are not yet those of a full batch.</summary>
    private const int SkippedTokens = 10;

    private const int Width = 2048;

    private readonly SyntheticModelCatalog _catalog = new(SyntheticModel.Spec("synthetic", layers: 8, width: Width));

    public async Task RunAsync(int[] stageCounts, int[] concurrencies)
    {
        Console.WriteLine($"synthetic engine, {stepSeconds * 1e3:0.###} ms a stage and step whatever is in it, hidden states of {Width * 4} bytes, one silo, {answerTokens} answer tokens, {rounds} rounds");
        Console.WriteLine("ideal: a token every stages x step time, as every sequence goes through all stages, and batches overlap; readers run in the same process");
        foreach (var stages in stageCounts)
            foreach (var concurrency in concurrencies)
                await RunAsync(stages, concurrency);
    }

    private async Task RunAsync(int stages, int concurrency)
    {
        var engines = new SyntheticStageEngineFactory(_catalog, new SyntheticTiming { CallSeconds = stepSeconds }, TimeProvider.System);
        var serving = Serving(concurrency);
        await using var bare = await BareStages.LoadAsync(_catalog.Models[0], engines, stages, serving.SettingsFor(_catalog.Models[0], []));
        await using var fog = await BenchmarkFog.StartAsync(_catalog, engines, stages, options => Nodes.ServingOptionsCopy.Copy(serving, options));
        var (bareTimes, fogTimes) = (new TokenTimes(), new TokenTimes());
        for (var round = -1; round < rounds; round++)
        {
            // As many rows as a micro-batch of the fog has.
            await bareTimes.MeasureAsync(round, () => bare.RunAsync((concurrency + stages - 1) / stages, answerTokens, SkippedTokens));
            await fogTimes.MeasureAsync(round, () => RunFogAsync(fog, concurrency));
        }
        OrchestrationRow.Print(stages, concurrency, stages * stepSeconds, bareTimes, fogTimes);
    }

    private async Task<TokenSample> RunFogAsync(BenchmarkFog fog, int concurrency)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, concurrency).Select(_ => TimedAnswer.ReadAsync(fog.StreamAsync(new GenerationRequest
        {
            Id = Guid.NewGuid().ToString("N"),
            ModelId = _catalog.Models[0].Id,
            PromptTokens = [SyntheticTokenizer.FirstWordToken],
            MaxTokens = answerTokens,
        }))));
        return new TokenSample([.. answers.SelectMany(answer => answer.Gaps(SkippedTokens))], concurrency * answerTokens, answers.Sum(answer => answer.JoinedTokens));
    }

    private ServingOptions Serving(int concurrency) => new()
    {
        MaxSequences = concurrency,
        MaxSequenceTokens = answerTokens + 1,
        KvCells = concurrency * (answerTokens + 1),
        MaxStepTokens = 256,
        MaxQueuedRequests = concurrency,
        PrefillTokensBesideDecode = 256,
    };
}
