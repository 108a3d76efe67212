using E2LLM.Benchmarks.Fog;
using E2LLM.Benchmarks.Nodes;
using E2LLM.Grains.Plans;

namespace E2LLM.Benchmarks.Interference;

/// <summary>The same two devices, as one MIXED replica of two stages and as a PREFILL and a DECODER replica of one stage each.</summary>
internal sealed class InterferenceBenchmark(BenchmarkModel model, int longTokens, int shortTokens, int stepTokens, int besideDecode)
{
    /// <summary>Room for the answer that runs while the long prompt is read.</summary>
    private const int AnswerRoomTokens = 1024;

    public async Task RunAsync(int rounds)
    {
        Console.WriteLine($"measured: model {model.Name} Q4_0 (random weights), two devices of 1 thread, long prompt {longTokens}, short prompt {shortTokens}, " +
            $"steps of {stepTokens} rows, {besideDecode} prompt tokens beside decode, {rounds} rounds");
        var layers = model.Spec.LayerCount;
        await using var mixed = await StartAsync(FixedCut.HalfTheWeights(model.Spec, "d0", "d1"));
        await using var split = await StartAsync($"prefill d0:{layers}; decoder d1:{layers}");
        var (mixedCase, splitCase) = (new InterferenceCase(mixed, model.Spec, longTokens, shortTokens), new InterferenceCase(split, model.Spec, longTokens, shortTokens));
        for (var round = -1; round < rounds; round++)
            foreach (var @case in new[] { mixedCase, splitCase })
                await @case.RunAsync(round);
        mixedCase.Print("MIXED");
        splitCase.Print("PREFILL+DECODER");
        Console.WriteLine("PREFILL+DECODER against MIXED (below 1 is better):");
        foreach (var (name, ratio) in splitCase.Against(mixedCase))
            Console.WriteLine($"  {name,-62} {ratio:0.000}");
    }

    private Task<BenchmarkFog> StartAsync(string cut) => BenchmarkFog.StartAsync(new FogOptions
    {
        Catalog = model.Catalog,
        Engines = model.Engines,
        Devices = FogOptions.OneThreadDevices(2),
        Planner = FixedCut.Parse(cut),
        Serving = options => ServingOptionsCopy.Copy(
            new ServingOptions
            {
                MaxSequences = 4,
                MaxSequenceTokens = longTokens + AnswerRoomTokens,
                KvCells = 2 * (longTokens + AnswerRoomTokens),
                MaxStepTokens = stepTokens,
                PrefillTokensBesideDecode = besideDecode,
            },
            options),
    });
}
