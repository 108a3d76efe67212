using E2LLM.Core.Requests;
using E2LLM.Scheduling.Protocols.HandOff;
using E2LLM.Scheduling.Tests.Batching;

namespace E2LLM.Scheduling.Tests.Protocols.HandOff;

public sealed class HandOffMachineTests
{
    private const int FirstToken = 41;

    private static readonly RequestFailure Failure = TestRequests.Failure;

    private readonly HandOffMachine _machine = new(TestRequests.Request("r"));

    [Fact]
    public void On_AllGoesWell_HandsOnAndReleases()
    {
        Assert.Equal([new HandOffEffect.StartDecoder()], On(new HandOffEvent.PrefillBegan()));
        Assert.Equal([new HandOffEffect.Send(3)], On(new HandOffEvent.SlotReady(3)));
        AssertDelivers(0, [FirstToken], On(FromPrefill(FirstToken)));
        Assert.Equal([new HandOffEffect.TellArrived(3, FirstToken)], On(new HandOffEvent.CacheSent(3)));
        Assert.Equal([new HandOffEffect.ReleasePrefill()], On(new HandOffEvent.CacheTaken(3)));
        AssertDelivers(1, [42], On(FromDecoder(1, 42)));
        Assert.Equal(
            [new HandOffEffect.DropDecoder(), new HandOffEffect.End(FinishReason.Length, null, HandOffSide.Decoder)],
            On(new HandOffEvent.FromDecoder(new TokenChunk { FirstIndex = 2, Finish = FinishReason.Length })));
    }

    [Fact]
    public void On_CacheIsThereBeforeTheFirstToken_TellsTheDecoderWithTheToken()
    {
        GoTo(HandOffState.Sending);

        Assert.Empty(On(new HandOffEvent.CacheSent(3)));
        var effects = On(FromPrefill(FirstToken));

        Assert.Equal(new HandOffEffect.TellArrived(3, FirstToken), effects[^1]);
    }

    [Fact]
    public void On_OnlyOneTokenIsWanted_AsksNoDecoder()
    {
        var machine = new HandOffMachine(TestRequests.Request("r") with { Answer = [1, 2, 3, 4] });

        Assert.Empty(machine.On(new HandOffEvent.PrefillBegan()));
        var effects = machine.On(new HandOffEvent.FromPrefill(new TokenChunk { FirstIndex = 4, Tokens = [5], Finish = FinishReason.Length }));

        AssertDelivers(4, [5], [effects[0]]);
        Assert.Equal(new HandOffEffect.End(FinishReason.Length, null, HandOffSide.Prefill), effects[^1]);
    }

    [Fact]
    public void On_NewSlotWhileSending_StopsTheOldSending()
    {
        GoTo(HandOffState.Sending);

        Assert.Equal([new HandOffEffect.StopSending(3), new HandOffEffect.Send(5)], On(new HandOffEvent.SlotReady(5)));

        Assert.Empty(On(new HandOffEvent.CacheSent(3)));
        Assert.Empty(On(new HandOffEvent.SlotReady(3)));
        Assert.Equal(HandOffState.Sending, _machine.State);
    }

    [Fact]
    public void On_SendingFails_IsTriedAgainAndThenTheDecoderReads()
    {
        GoTo(HandOffState.Sending);

        Assert.Equal([new HandOffEffect.TellLost(3, false, Failure)], On(new HandOffEvent.CacheNotSent(3, Failure)));
        On(new HandOffEvent.SlotReady(4));
        Assert.Equal(
            [new HandOffEffect.DropPrefill(), new HandOffEffect.TellLost(4, true, Failure)],
            On(new HandOffEvent.CacheNotSent(4, Failure)));

        // Two writers could differ.
        Assert.Empty(On(FromPrefill(FirstToken)));
        AssertDelivers(0, [77], On(FromDecoder(0, 77)));
    }

    [Theory]
    [InlineData(HandOffState.Sending)]
    [InlineData(HandOffState.Sent)]
    public void On_PrefillFailsBeforeTheHandOff_TellsTheDecoderToRead(HandOffState state)
    {
        GoTo(state);

        var effects = On(PrefillFailed());

        Assert.Contains(new HandOffEffect.TellLost(3, true, Failure), effects);
        Assert.Equal(HandOffState.ReadingAnew, _machine.State);
    }

    [Fact]
    public void On_PrefillFailsBeforeTheDecoderHasASlot_TellsItOnceItHas()
    {
        GoTo(HandOffState.Reserving);

        Assert.Equal([new HandOffEffect.DropPrefill()], On(PrefillFailed()));
        Assert.Equal([new HandOffEffect.TellLost(3, true, Failure)], On(new HandOffEvent.SlotReady(3)));

        // That slot was void already: the decoder has not listened.
        Assert.Equal([new HandOffEffect.TellLost(6, true, Failure)], On(new HandOffEvent.SlotReady(6)));
    }

    [Fact]
    public void On_PrefillFailsWhileTheCacheIsTakenIn_WaitsForTheWord()
    {
        GoTo(HandOffState.TakingIn);
        Assert.Empty(On(PrefillFailed()));

        Assert.Empty(On(new HandOffEvent.CacheTaken(3)));
        Assert.Equal(HandOffState.HandedOn, _machine.State);
    }

    [Fact]
    public void On_CacheIsRefusedByADecoderWhosePrefillSideFailed_ItReadsAtOnce()
    {
        GoTo(HandOffState.TakingIn);
        On(PrefillFailed());

        var effects = On(new HandOffEvent.CacheRefused(3, Failure));

        Assert.Equal(new HandOffEffect.TellLost(3, true, Failure), effects[^1]);
    }

    [Fact]
    public void On_PrefillFailsAfterTheHandOff_NothingHappens()
    {
        GoTo(HandOffState.HandedOn);

        Assert.Empty(On(PrefillFailed()));
        AssertDelivers(1, [42], On(FromDecoder(1, 42)));
    }

    [Theory]
    [InlineData(HandOffState.TakingIn)]
    [InlineData(HandOffState.Reserving)]
    [InlineData(HandOffState.Sending)]
    public void On_WordOfTheHandOffIsLost_TheDecodersTokensSaySo(HandOffState state)
    {
        GoTo(HandOffState.TakingIn);
        if (state != HandOffState.TakingIn)
            On(new HandOffEvent.CacheRefused(3, Failure));
        if (state == HandOffState.Sending)
            On(new HandOffEvent.SlotReady(4));

        var effects = On(FromDecoder(1, 42));

        Assert.Contains(new HandOffEffect.ReleasePrefill(), effects);
        AssertDelivers(1, [42], effects[^1..]);
        Assert.Equal(HandOffState.HandedOn, _machine.State);
    }

    [Fact]
    public void On_LossThatTheDecoderMayNotHaveHeard_EndsTheAnswer()
    {
        GoTo(HandOffState.Sending);
        On(new HandOffEvent.CacheNotSent(3, Failure));

        var effects = On(new HandOffEvent.LossUnheard(3, Failure));

        Assert.Equal(new HandOffEffect.End(FinishReason.Failed, Failure, HandOffSide.Decoder), effects[^1]);
    }

    [Fact]
    public void On_LossThatTheDecoderHasHeardAfterAll_GoesOn()
    {
        GoTo(HandOffState.Sending);
        On(new HandOffEvent.CacheNotSent(3, Failure));
        On(new HandOffEvent.SlotReady(4));

        Assert.Empty(On(new HandOffEvent.LossUnheard(3, Failure)));
    }

    [Fact]
    public void On_ReleaseThatMayNotHaveBeenHeard_DropsThePrefillSideEvenAfterTheEnd()
    {
        GoTo(HandOffState.HandedOn);
        On(new HandOffEvent.FromDecoder(new TokenChunk { FirstIndex = 1, Finish = FinishReason.Stop }));

        Assert.Equal([new HandOffEffect.DropPrefill()], On(new HandOffEvent.ReleaseUnheard()));
    }

    [Theory]
    [InlineData(HandOffState.Reading, "drop prefill")]
    [InlineData(HandOffState.Reserving, "drop prefill, drop decoder")]
    [InlineData(HandOffState.Sending, "stop sending, drop prefill, drop decoder")]
    [InlineData(HandOffState.Sent, "drop prefill, drop decoder")]
    [InlineData(HandOffState.TakingIn, "drop prefill, drop decoder")]
    [InlineData(HandOffState.HandedOn, "drop decoder")]
    [InlineData(HandOffState.Abandoned, "drop decoder")]
    [InlineData(HandOffState.ReadingAnew, "drop decoder")]
    public void On_Cancelled_DropsWhatStillRuns(HandOffState state, string dropped)
    {
        GoTo(state);

        var effects = On(new HandOffEvent.Cancelled());

        Assert.Equal(new HandOffEffect.End(FinishReason.Cancelled, null, null), effects[^1]);
        Assert.Equal(dropped, string.Join(", ", effects[..^1].Select(effect => effect switch
        {
            HandOffEffect.StopSending => "stop sending",
            HandOffEffect.DropPrefill => "drop prefill",
            HandOffEffect.DropDecoder => "drop decoder",
            _ => effect.ToString(),
        })));
        Assert.Empty(On(new HandOffEvent.Cancelled()));
    }

    [Fact]
    public void On_DecoderFailsBeforeTheHandOff_DropsTheCacheAndBlamesTheDecoder()
    {
        GoTo(HandOffState.Sent);

        var effects = On(new HandOffEvent.FromDecoder(new TokenChunk { FirstIndex = 0, Finish = FinishReason.Failed, Failure = Failure }));

        Assert.Contains(new HandOffEffect.DropPrefill(), effects);
        Assert.Equal(new HandOffEffect.End(FinishReason.Failed, Failure, HandOffSide.Decoder), effects[^1]);
    }

    [Fact]
    public void On_TokensAreMissing_EndsTheAnswerWhereItStands()
    {
        GoTo(HandOffState.HandedOn);

        var effects = On(FromDecoder(2, 43));

        var end = Assert.IsType<HandOffEffect.End>(effects[^1]);
        Assert.True(end is { Finish: FinishReason.Failed, Failure.MayRetry: true, By: HandOffSide.Decoder });
        Assert.DoesNotContain(effects, effect => effect is HandOffEffect.Deliver);
    }

    [Fact]
    public void On_TokensThatWereThereBefore_AreLeftOut()
    {
        GoTo(HandOffState.HandedOn);
        On(FromDecoder(1, 42, 43));

        AssertDelivers(3, [44], On(FromDecoder(2, 43, 44)));
        Assert.Empty(On(FromDecoder(1, 42, 43)));
    }

    private HandOffEffect[] On(HandOffEvent happened) => [.. _machine.On(happened)];

    private void GoTo(HandOffState state)
    {
        HandOffEvent[] way =
        [
            new HandOffEvent.PrefillBegan(),
            .. state is HandOffState.Abandoned ? [PrefillFailed()] : Array.Empty<HandOffEvent>(),
            new HandOffEvent.SlotReady(3),
            .. state is HandOffState.ReadingAnew ? [PrefillFailed()] : Array.Empty<HandOffEvent>(),
            new HandOffEvent.CacheSent(3),
            FromPrefill(FirstToken),
            new HandOffEvent.CacheTaken(3),
        ];
        foreach (var happened in way)
            if (_machine.State != state)
                On(happened);
        Assert.Equal(state, _machine.State);
    }

    private static void AssertDelivers(int firstIndex, int[] tokens, HandOffEffect[] effects)
    {
        var deliver = Assert.IsType<HandOffEffect.Deliver>(Assert.Single(effects));
        Assert.Equal(firstIndex, deliver.FirstIndex);
        Assert.Equal(tokens, deliver.Tokens);
    }

    private static HandOffEvent.FromPrefill PrefillFailed() =>
        new(new TokenChunk { FirstIndex = 0, Finish = FinishReason.Failed, Failure = Failure });

    private static HandOffEvent.FromPrefill FromPrefill(int token) => new(new TokenChunk { FirstIndex = 0, Tokens = [token] });

    private static HandOffEvent.FromDecoder FromDecoder(int firstIndex, params int[] tokens) =>
        new(new TokenChunk { FirstIndex = firstIndex, Tokens = [.. tokens] });
}
