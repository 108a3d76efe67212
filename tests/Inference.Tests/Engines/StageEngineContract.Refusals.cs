using System.Collections.Immutable;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;

namespace E2LLM.Inference.Tests.Engines;

public abstract partial class StageEngineContract
{
    public static TheoryData<string, string> RefusedOnTheFirstStage => new()
    {
        { "gap", "position 6" }, { "repeat", "position 4" }, { "closed slot", "not open" }, { "slot 4", "MaxSequences is 4" },
        { "slot -1", "MaxSequences is 4" }, { "17 rows", "MaxStepTokens is 16" }, { "token 2048", "vocabulary has 2048" },
        { "token -1", "vocabulary has 2048" }, { "hidden", "looks tokens up" }, { "gap within the step", "position 7" },
        { "bad sampling", "Temperature" }, { "no sampling", "without sampling" }, { "negative truncate", "-1" },
        { "command slot", "MaxSequences is 4" },
        { "penalty token", "vocabulary has 2048" }, { "answer token", "vocabulary has 2048" }, { "too many outputs", "output rows" },
    };

    [Theory]
    [MemberData(nameof(RefusedOnTheFirstStage))]
    public async Task Execute_OfAStepThatDoesNotFit_ChangesNothing(string mistake, string reason)
    {
        await using var engine = await CreateAsync(0, 8, Settings);
        var token = Assert.Single(await OpenAndPrefillAsync(engine));
        var next = new StepRow(token, 5, 0, true);
        var expected = await RunAsync(engine, [], next);
        await RunAsync(engine, [SequenceCommand.Truncate(0, 5)]);

        var error = await Assert.ThrowsAsync<EngineException>(() => engine.ExecuteAsync(Mistake(mistake, engine), CancellationToken.None));

        Assert.Contains(reason, error.Message);
        Assert.Equal(new StageEngineUsage(1, 5), engine.Usage);
        AssertSame(expected.SampledTokens, (await RunAsync(engine, [], next)).SampledTokens);
    }

    [Fact]
    public async Task Execute_WithoutAFreeCell_ChangesNothing()
    {
        await using var engine = await CreateAsync(0, 8, Settings with { KvCells = 6 });
        await OpenAndPrefillAsync(engine);
        var error = await Assert.ThrowsAsync<EngineException>(
            () => RunAsync(engine, [SequenceCommand.Open(1, SamplingOptions.Greedy)], [new(300, 0, 1, false), new(300, 1, 1, true)]));
        Assert.Contains("KvCells", error.Message);
        Assert.Equal(new StageEngineUsage(1, 5), engine.Usage);
        await RunAsync(engine, [], new StepRow(300, 5, 0, true));
    }

    [Fact]
    public async Task Execute_BeyondTheLongestSequence_IsRefused()
    {
        await using var engine = await CreateAsync(0, 8, Settings with { MaxSequenceTokens = 5 });
        await OpenAndPrefillAsync(engine);
        var error = await Assert.ThrowsAsync<EngineException>(() => RunAsync(engine, [], new StepRow(300, 5, 0, true)));
        Assert.Contains("MaxSequenceTokens is 5", error.Message);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("rows")]
    [InlineData("width")]
    [InlineData("NaN")]
    [InlineData("infinity")]
    public async Task Execute_OfBadHiddenStates_IsRefusedAndDisposesThem(string mistake)
    {
        await using var engine = await CreateAsync(4, 4, Settings);
        await RunAsync(engine, [SequenceCommand.Open(0, SamplingOptions.Greedy)]);
        var width = engine.Info.HiddenWidth;
        var hidden = mistake switch
        {
            "missing" => null,
            "rows" => Hidden(2, width),
            "width" => Hidden(1, width + 1),
            _ => Hidden(1, width),
        };
        if (mistake is "NaN" or "infinity")
            hidden!.Values[width - 1] = mistake == "NaN" ? float.NaN : float.NegativeInfinity;
        var step = new StageStep { StepNumber = 1, Rows = [new StepRow(0, 0, 0, true)], Hidden = hidden };
        await Assert.ThrowsAsync<EngineException>(() => engine.ExecuteAsync(step, CancellationToken.None));
        if (hidden is not null)
            Assert.Throws<ObjectDisposedException>(() => hidden.Values.Length);
        Assert.Equal(new StageEngineUsage(1, 0), engine.Usage);
    }

    private static StageStep Mistake(string mistake, IStageEngine engine)
    {
        // Every mistake comes with a command that is right, which must not be carried out either.
        var open = SequenceCommand.Open(1, SamplingOptions.Greedy);
        return mistake switch
        {
            "gap" => Step([open], new StepRow(300, 6, 0, true)),
            "repeat" => Step([open], new StepRow(300, 4, 0, true)),
            "closed slot" => Step([open], new StepRow(300, 0, 3, true)),
            "slot 4" => Step([open], new StepRow(300, 0, 4, true)),
            "slot -1" => Step([open], new StepRow(300, 0, -1, true)),
            "17 rows" => Step([open], Rows(0, 5, new int[17])),
            "token 2048" => Step([open], new StepRow(2048, 5, 0, true)),
            "token -1" => Step([open], new StepRow(-1, 5, 0, true)),
            "hidden" => Step([open], new StepRow(300, 5, 0, true)) with { Hidden = Hidden(1, engine.Info.HiddenWidth) },
            "gap within the step" => Step([open], new StepRow(300, 5, 0, false), new StepRow(300, 7, 0, true)),
            "bad sampling" => Step([open, SequenceCommand.Open(2, new SamplingOptions { Temperature = float.NaN })]),
            "no sampling" => Step([open, new SequenceCommand { Kind = SequenceCommandKind.Open, Sequence = 2 }]),
            "negative truncate" => Step([open, SequenceCommand.Truncate(0, -1)]),
            "command slot" => Step([open, SequenceCommand.Close(4)]),
            "penalty token" => Step([open, SequenceCommand.Open(2, SamplingOptions.Greedy, [2048])]),
            "answer token" => Step([open, SequenceCommand.Open(2, SamplingOptions.Greedy, [], [2048])]),
            "too many outputs" => Step([open], [.. Rows(0, 5, 1, 2, 3, 4, 5).Select(row => row with { IsOutput = true })]),
            _ => throw new ArgumentOutOfRangeException(nameof(mistake)),
        };

        static StageStep Step(ImmutableArray<SequenceCommand> commands, params StepRow[] rows) =>
            new() { StepNumber = 1, Commands = commands, Rows = [.. rows] };
    }
}
