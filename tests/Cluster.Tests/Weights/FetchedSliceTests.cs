using E2LLM.Cluster.Tests.Exactness;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Weights;

namespace E2LLM.Cluster.Tests.Weights;

/// <summary>A fog of which one silo has the model, and the other its slice from there.</summary>
public sealed class FetchedSliceTests(DemoModel demo) : IClassFixture<DemoModel>
{
    [Fact]
    public async Task Answer_SecondDeviceFetchedItsSlice_IsThatOfTheBareEngine()
    {
        await using var weights = await WeightsFog.ServeAsync(demo);
        var request = DemoFog.Request(demo, "fetched", "Tell me a story about a fox and a lantern.", SamplingOptions.Greedy);

        var answer = await weights.Fog.RunAsync(request);

        Assert.Equal(2, (await weights.Fog.StagesAsync()).Length);
        Assert.Equal(await demo.BareAnswerAsync(request, DemoFog.Settings(demo, serving => serving.MaxStepTokens = 32)), answer.Tokens);

        // Layers 3 to the last and the head, nothing else; the head is the embedding where a model has no other.
        var hasHead = weights.PiecesOf(name => name == "output.weight").Any();
        var expected = weights.PiecesOf(name => name switch
        {
            "token_embd.weight" => !hasHead,
            _ => !new[] { "blk.0.", "blk.1.", "blk.2." }.Any(name.StartsWith),
        }).Union(weights.Sample).Except(weights.Mirror.Manifest.HeaderPieces()).ToArray();
        Assert.Equal(expected.Order(), weights.Fetched.Order());
        Assert.True(weights.Mirror.Manifest.LengthOf(weights.Fetched) < weights.Mirror.Manifest.LengthBytes * 3 / 4);
    }

    [Fact]
    public async Task Silos_OfTheFog_AreSeenWithWhatTheyHave()
    {
        await using var weights = await WeightsFog.ServeAsync(demo);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var silos = await weights.Fog.Client.GetGrain<IWeightsGrain>(demo.Spec.Id).GetSilosAsync();
            if (silos.Length == 2 && silos[1].Progress.HeldBytes == weights.Mirror.Progress.HeldBytes)
            {
                Assert.Equal((true, false), (silos[0].IsWhole, silos[1].IsWhole));
                Assert.Equal(weights.Mirror.Manifest.LengthBytes, silos[1].Progress.ModelBytes);
                return;
            }
            Assert.False(limit.IsCancellationRequested, string.Join('\n', silos));
        }
    }
}
