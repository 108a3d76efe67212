using E2LLM.Benchmarks.Fog;
using E2LLM.Benchmarks.Load;
using E2LLM.Grains.Plans;

namespace E2LLM.Benchmarks.HandOff;

/// <summary>
/// What a PREFILL replica copies out of its KV cache to hand a long prompt on: one that has read nothing before, and one that has read
/// as many prompts as it has slots, all of which their kept prefixes hold open. Serving options are the defaults.
/// </summary>
internal sealed class WarmHandOffBenchmark(BenchmarkModel model, string cut, int answerTokens)
{
    /// <summary>Some steps: less than one is not kept.</summary>
    private const int WarmUpTokens = 256;

    private int _seed = 2000;

    public async Task RunAsync(int promptTokens)
    {
        var engines = new CountedEngines(model.Engines);
        var serving = new ServingOptions { MaxSequenceTokens = promptTokens + answerTokens };
        await using var fog = await HandOffFog.StartAsync(model, engines, cut, serving);
        var settings = (await fog.StatusAsync()).Plan!.Replicas[0].Engine;
        Console.WriteLine($"measured: the same, but serving options are the defaults: {settings.MaxSequences} slots, {settings.KvCells} KV cells, steps of {settings.MaxStepTokens} rows");
        await MeasureAsync(fog, engines, "cold", promptTokens);
        for (var slot = 0; slot < settings.MaxSequences; slot++)
            await ReadAsync(fog, WarmUpTokens);
        await MeasureAsync(fog, engines, "warm", promptTokens);
    }

    private async Task MeasureAsync(BenchmarkFog fog, CountedEngines engines, string label, int promptTokens)
    {
        var openSlots = await OpenSlotsAsync(fog);
        var before = engines.StateBytesRead;
        var answer = await ReadAsync(fog, promptTokens);
        var copied = engines.StateBytesRead - before;
        var bytes = model.Spec.KvBytesPerToken(0, model.Spec.LayerCount) * promptTokens;
        if (answer.Timeline!.KvSentSeconds is null)
            throw new InvalidOperationException($"The request was not handed over: {answer.Timeline}.");
        Console.WriteLine(
            $"{promptTokens,5} tokens, {bytes / 1048576.0:0.0} MiB, {label}, {openSlots} slots open before: {copied / 1048576.0:0.0} MiB copied out of the " +
            $"cache, {(double)copied / bytes:0.000} of its bytes; time to first token {answer.FirstTokenSeconds:0.0} s");
    }

    private Task<TimedAnswer> ReadAsync(BenchmarkFog fog, int promptTokens)
    {
        var prompt = RandomPrompts.Make(model.Spec, 1, promptTokens, _seed++)[0];
        return TimedAnswer.ReadAsync(fog.StreamAsync(RandomPrompts.Request(model.Spec, prompt, answerTokens)));
    }

    private static async Task<int> OpenSlotsAsync(BenchmarkFog fog)
    {
        var plan = (await fog.StatusAsync()).Plan!;
        var stages = await fog.StagesAsync();
        return stages.Take(plan.Replicas[0].Stages.Length).Min(stage => stage.Usage.OpenSequences);
    }
}
