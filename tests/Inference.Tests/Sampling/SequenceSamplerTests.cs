using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Inference.Sampling;
using E2LLM.Inference.Tests.Fixtures;

namespace E2LLM.Inference.Tests.Sampling;

public sealed class SequenceSamplerTests : IDisposable
{
    private static readonly SamplingOptions Plain = new() { Temperature = 1, TopK = 0, TopP = 1, MinP = 0, Seed = 1 };

    private static readonly float[] Logits = [0.1f, 2, -1, 1.9f, 0.5f];

    private readonly CandidateBuffer _candidates = new(Logits.Length);

    public void Dispose() => _candidates.Dispose();

    [Fact]
    public void Draw_AtTemperatureZero_TakesTheLikeliest() => Assert.Equal(1, Draw(SamplingOptions.Greedy));

    public static TheoryData<SamplingOptions> LeavingOnlyTheLikeliest =>
        [Plain with { TopK = 1 }, Plain with { TopP = 0.01f }, Plain with { MinP = 1 }, Plain with { Temperature = 0.001f }];

    [Theory]
    [MemberData(nameof(LeavingOnlyTheLikeliest))]
    public void Draw_WithAFilterThatLeavesOneToken_TakesTheLikeliestAtEveryPosition(SamplingOptions options)
    {
        using var sampler = Sampler(options);
        for (var position = 0; position < 50; position++)
            Assert.Equal(1, sampler.Draw(Logits, position));
    }

    [Theory]
    [InlineData(1e-5f)]
    [InlineData(1e-38f)]
    [InlineData(float.Epsilon)]
    public void Draw_AtATemperatureNextToZero_TakesTheLikeliestAsAtZero(float temperature)
    {
        // Two that the division would make equal: infinities both.
        float[] logits = [30, 2, -1, 30.001f, 0.5f];
        foreach (var options in new[] { Plain, new SamplingOptions(), Plain with { FrequencyPenalty = 0.0001f } })
        {
            using var sampler = Sampler(options with { Temperature = temperature });
            for (var position = 0; position < 5; position++)
                Assert.Equal(3, sampler.Draw(logits, position));
        }
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(0.8f)]
    public void Draw_WithARepeatPenaltyNextToZero_TakesTheRepeatedToken(float temperature)
    {
        // Of the two that repeat, the likelier one; infinities both would be a draw.
        float[] logits = [0.1f, 29, -1, 30, 0.5f];
        using var sampler = Sampler(Plain with { Temperature = temperature, RepeatPenalty = 1e-38f }, 3, 1);
        for (var position = 0; position < 20; position++)
            Assert.Equal(3, sampler.Draw(logits, position));
    }

    [Fact]
    public void Draw_OverManyPositions_FollowsTheProbabilities()
    {
        const int draws = 20_000;
        using var sampler = Sampler(Plain);
        var counts = new int[Logits.Length];
        for (var position = 0; position < draws; position++)
            counts[sampler.Draw(Logits, position)]++;
        var total = Logits.Sum(MathF.Exp);
        for (var token = 0; token < Logits.Length; token++)
            Assert.Equal(MathF.Exp(Logits[token]) / total, counts[token] / (double)draws, tolerance: 0.015);
    }

    [Fact]
    public void Draw_WithTopK_DrawsFromTheLikeliestOnly()
    {
        using var sampler = Sampler(Plain with { TopK = 2 });
        var drawn = Enumerable.Range(0, 200).Select(position => sampler.Draw(Logits, position)).ToHashSet();
        Assert.Equal([1, 3], drawn.Order());
    }

    [Fact]
    public void Draw_DependsOnSeedAndPositionAlone()
    {
        using var sampler = Sampler(Plain);
        using var other = Sampler(Plain);
        var tokens = Enumerable.Range(0, 100).Select(position => sampler.Draw(Logits, position)).ToArray();
        // Another order, and no draws before.
        for (var position = 99; position >= 0; position--)
            Assert.Equal(tokens[position], other.Draw(Logits, position));
        using var reseeded = Sampler(Plain with { Seed = 2 });
        Assert.NotEqual(tokens, Enumerable.Range(0, 100).Select(position => reseeded.Draw(Logits, position)).ToArray());
    }

    [Theory]
    [InlineData(2f, 0f, 0f)]
    [InlineData(1f, 0.5f, 0f)]
    [InlineData(1f, 0f, 0.5f)]
    public void Draw_WithAPenalty_AvoidsThePromptsTokens(float repeat, float frequency, float presence)
    {
        var options = SamplingOptions.Greedy with { RepeatPenalty = repeat, FrequencyPenalty = frequency, PresencePenalty = presence };
        using var sampler = Sampler(options, 1);
        Assert.Equal(3, sampler.Draw(Logits, 10));
    }

    [Fact]
    public void Draw_WithAPenalty_AvoidsItsOwnTokensUntilTheyAreForgotten()
    {
        using var sampler = Sampler(SamplingOptions.Greedy with { RepeatPenalty = 10 });
        Assert.Equal(1, sampler.Draw(Logits, 0));
        Assert.Equal(3, sampler.Draw(Logits, 1));
        Assert.Equal(4, sampler.Draw(Logits, 2));
        sampler.Truncate(1);
        Assert.Equal(3, sampler.Draw(Logits, 1));
        sampler.Truncate(0);
        Assert.Equal(1, sampler.Draw(Logits, 0));
    }

    [Fact]
    public void Draw_WithAPenalty_LooksBackOnlySoFar()
    {
        using var sampler = Sampler(SamplingOptions.Greedy with { RepeatPenalty = 10, PenaltyLastTokens = 1 });
        Assert.Equal(1, sampler.Draw(Logits, 0));
        Assert.Equal(3, sampler.Draw(Logits, 1));
        Assert.Equal(1, sampler.Draw(Logits, 2));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(64)]
    public void Draw_AfterAnAnswerThatOthersBegan_GoesOnAsIfItHadDrawnIt(int looksBack)
    {
        var options = Plain with { RepeatPenalty = 3, FrequencyPenalty = 0.5f, PenaltyLastTokens = looksBack };
        ImmutableArray<int> prompt = [1, 4];
        using var whole = new SequenceSampler(TestRuntime.Instance, options, prompt, [], _candidates, Logits.Length);
        var answer = Enumerable.Range(0, 12).Select(index => whole.Draw(Logits, 1 + index)).ToImmutableArray();
        for (var begun = 0; begun < answer.Length; begun++)
        {
            using var rest = new SequenceSampler(TestRuntime.Instance, options, prompt, answer[..begun], _candidates, Logits.Length);
            Assert.Equal(answer[begun..], Enumerable.Range(begun, answer.Length - begun).Select(index => rest.Draw(Logits, 1 + index)));

            // What it was opened with is no draw of its own, so no failed step takes that back.
            rest.Truncate(1);
            Assert.Equal(answer[begun..], Enumerable.Range(begun, answer.Length - begun).Select(index => rest.Draw(Logits, 1 + index)));
        }
    }

    [Fact]
    public void Draw_FromLogitsThatAreNotNumbers_Fails()
    {
        using var sampler = Sampler(Plain);
        float[] broken = [float.NaN, float.NaN, float.NaN, float.NaN, float.NaN];
        Assert.Contains("position 4", Assert.Throws<EngineException>(() => sampler.Draw(broken, 4)).Message);
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1f)]
    public void Draw_WhereOneLogitIsNoNumber_Fails(float temperature)
    {
        using var sampler = Sampler(Plain with { Temperature = temperature });
        foreach (var broken in Enumerable.Range(0, Logits.Length))
        {
            float[] logits = [.. Logits];
            logits[broken] = float.NaN;
            Assert.Throws<EngineException>(() => sampler.Draw(logits, 0));
        }
    }

    [Fact]
    public void Draw_WhereALogitIsMinusInfinity_NeverTakesThatToken()
    {
        using var sampler = Sampler(Plain);
        float[] logits = [0, 0, float.NegativeInfinity, 0, 0];
        Assert.DoesNotContain(2, Enumerable.Range(0, 200).Select(position => sampler.Draw(logits, position)));
    }

    private int Draw(SamplingOptions options)
    {
        using var sampler = Sampler(options);
        return sampler.Draw(Logits, 0);
    }

    private SequenceSampler Sampler(SamplingOptions options, params int[] prompt) =>
        new(TestRuntime.Instance, options, [.. prompt], [], _candidates, Logits.Length);
}
