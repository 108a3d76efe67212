using E2LLM.Inference.Sampling;
using E2LLM.Inference.Tests.Fixtures;

namespace E2LLM.Inference.Tests.Sampling;

public sealed class ArgmaxTests
{
    [Theory]
    [InlineData(new[] { 1f }, 0)]
    [InlineData(new[] { 1f, 3f, 3f, 2f }, 1)]
    [InlineData(new[] { float.NegativeInfinity, -5f }, 1)]
    [InlineData(new[] { 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0.5f }, 17)]
    public void IndexOf_TakesTheFirstOfTheLargest(float[] values, int expected) => Assert.Equal(expected, Argmax.IndexOf(values));

    [Fact]
    public unsafe void IndexOf_AgreesWithTheGreedySampler()
    {
        var random = new Random(3);
        using var greedy = TestRuntime.Instance.CreateSampler();
        greedy.AddGreedy();
        for (var size = 1; size < 200; size++)
        {
            // Few different values, so that ties are common.
            var logits = Enumerable.Range(0, size).Select(_ => (float)random.Next(-4, 4)).ToArray();
            using var buffer = new CandidateBuffer(size);
            var candidates = buffer.Fill(logits);
            greedy.Apply(&candidates);
            Assert.Equal((int)candidates.Selected, Argmax.IndexOf(logits));
        }
    }
}
