using E2LLM.Benchmarks.DataPlane;
using E2LLM.Benchmarks.Fog;
using E2LLM.Benchmarks.Load;
using E2LLM.DataPlane.Sending;
using E2LLM.Grains.Plans;

namespace E2LLM.Benchmarks.HandOff;

/// <summary>
/// One request at a time over a PREFILL replica in this process and a DECODER, cut differently, in another. In every round the same
/// bytes go over a raw socket and over a data port with no engine behind it.
/// </summary>
internal sealed class HandOffBenchmark(BenchmarkModel model, string cut, int answerTokens)
{
    private const int StepTokens = 256;
    private const int TransfersARound = 10;

    public async Task RunAsync(int[] promptTokens, int rounds)
    {
        Console.WriteLine($"measured: model {model.Name} Q4_0 (random weights), {cut} (decoder in a second process), 1 thread a stage, " +
            $"steps of {StepTokens} rows, one request at a time, {answerTokens} answer tokens, {rounds} rounds");
        await using var fog = await HandOffFog.StartAsync(model, model.Engines, cut, new ServingOptions
        {
            MaxSequences = 2,
            MaxSequenceTokens = promptTokens.Max() + answerTokens,
            MaxStepTokens = StepTokens,
        });
        foreach (var tokens in promptTokens)
            await RunAsync(fog, tokens, rounds);
    }

    private async Task RunAsync(BenchmarkFog fog, int promptTokens, int rounds)
    {
        var rowBytes = model.Spec.KvBytesPerToken(0, model.Spec.LayerCount);
        var bytes = (int)(rowBytes * promptTokens);
        var blockBytes = (int)(rowBytes / model.Spec.LayerCount * Math.Min(StepTokens, promptTokens));
        var results = new HandOffResults();
        using var raw = new RawSocketPair(bytes);
        await using var port = new DataPortPair(bytes, blockBytes);
        // The socket and the port are warmed up until the just-in-time compiler has had its say.
        for (var warmUp = 0; warmUp < 50; warmUp++)
        {
            raw.Run();
            await port.RunAsync(new KvSenderOptions().Sockets);
        }
        for (var round = -1; round < rounds; round++)
        {
            var prompt = RandomPrompts.Make(model.Spec, 1, promptTokens, seed: 1000 + round)[0];
            var answer = await TimedAnswer.ReadAsync(fog.StreamAsync(RandomPrompts.Request(model.Spec, prompt, answerTokens)));
            if (round >= 0)
                results.Add(answer);
            // A transfer takes milliseconds: several of them, taking turns, say more than one.
            for (var transfer = 0; transfer < TransfersARound && round >= 0; transfer++)
                results.Add(bytes / raw.Run(), bytes / (await port.RunAsync(new KvSenderOptions().Sockets)).SendSeconds);
        }
        results.Print(promptTokens, bytes);
    }
}
