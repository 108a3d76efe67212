using E2LLM.Core.Errors;
using E2LLM.Scheduling.Routing;

namespace E2LLM.Scheduling.Tests.Routing;

public sealed class RoutingPolicyTests
{
    private static readonly RouteRequest Request = new(PromptTokens: 10, MaxTokens: 10, Number: 0);

    [Fact]
    public void Get_UnknownName_ListsTheValidOnes()
    {
        var error = Assert.Throws<ConfigurationException>(() => RoutingPolicies.Get("fastest"));

        Assert.Equal("Unknown routing policy 'fastest'. Valid names: jsq-requests, jsq-tokens, least-finish, least-wait, round-robin, splitwise-mixed-pool.", error.Message);
    }

    [Theory]
    [MemberData(nameof(AllNames))]
    public void Get_ValidName_GivesThePolicyOfThatName(string name) => Assert.Equal(name, RoutingPolicies.Get(name).Name);

    [Theory]
    [MemberData(nameof(AllNames))]
    public void Choose_NoReplica_Throws(string name) =>
        Assert.ThrowsAny<ArgumentException>(() => RoutingPolicies.Get(name).Choose([], Request));

    [Theory]
    [MemberData(nameof(AllNames))]
    public void Choose_EqualReplicas_TakeTurns(string name)
    {
        var policy = RoutingPolicies.Get(name);
        var replicas = new[] { Idle, Idle, Idle };

        Assert.Equal([0, 1, 2, 0], Enumerable.Range(0, 4).Select(number => policy.Choose(replicas, Request with { Number = number })));
    }

    [Fact]
    public void Choose_JsqRequests_TakesTheFewestQueuedAndRunning() => Assert.Equal(1, Choose(
        RoutingPolicies.JsqRequests,
        Idle with { QueuedRequests = 1, RunningRequests = 2 },
        Idle with { RunningRequests = 2, PendingTokens = 900 },
        Idle with { QueuedRequests = 3 }));

    [Fact]
    public void Choose_JsqTokens_TakesTheFewestPendingTokens() => Assert.Equal(2, Choose(
        RoutingPolicies.JsqTokens, Idle with { PendingTokens = 30 }, Idle with { PendingTokens = 20 }, Idle with { PendingTokens = 10 }));

    [Fact]
    public void Choose_RoundRobin_IgnoresTheLoad() => Assert.Equal(0, Choose(RoutingPolicies.RoundRobin, Full(1000, 1), Idle));

    [Fact]
    public void Choose_LeastWait_PrefersAFreeSlotToAFasterQueue() =>
        Assert.Equal(1, Choose(RoutingPolicies.LeastWait, Full(pendingTokens: 10, tokensPerSecond: 1000), Idle with { TokensPerSecond = 1 }));

    [Fact]
    public void Choose_LeastWait_WeighsPendingTokensByTheRate() =>
        Assert.Equal(1, Choose(RoutingPolicies.LeastWait, Full(pendingTokens: 100, tokensPerSecond: 10), Full(pendingTokens: 300, tokensPerSecond: 60)));

    [Fact]
    public void Choose_LeastWaitAllIdle_TakesTheFastest() =>
        Assert.Equal(1, Choose(RoutingPolicies.LeastWait, Idle, Idle with { TokensPerSecond = 11 }));

    [Fact]
    public void Choose_LeastWait_AvoidsAReplicaThatCanNeverHoldTheRequest() =>
        Assert.Equal(1, Choose(RoutingPolicies.LeastWait, Idle with { KvCells = 19 }, Full(pendingTokens: 1000, tokensPerSecond: 1)));

    [Fact]
    public void EstimatedWaitSeconds_RoomNow_IsZero() =>
        Assert.Equal(0, (Idle with { RunningRequests = 3, ReservedKvCells = 80, PendingTokens = 60 }).EstimatedWaitSeconds(Request));

    [Fact]
    public void EstimatedWaitSeconds_CellsShort_IsTheTimeUntilOneOfTheRunningEnds() =>
        Assert.Equal(2, (Idle with { RunningRequests = 3, ReservedKvCells = 81, PendingTokens = 60 }).EstimatedWaitSeconds(Request));

    [Fact]
    public void EstimatedWaitSeconds_OthersQueued_CountsThemToo() =>
        Assert.Equal(8, (Idle with { QueuedRequests = 3, RunningRequests = 2, PendingTokens = 100 }).EstimatedWaitSeconds(Request));

    public static TheoryData<string> AllNames => [.. RoutingPolicies.Names];

    [Theory]
    [InlineData(0, 0)]
    [InlineData(4, 1)]
    public void LeastFinish_ReplicaTwiceAsFast_IsWorthASlotThatComesFreeButNoQueue(int queuedRequests, int expected)
    {
        var fast = Wide with { QueuedRequests = queuedRequests, RunningRequests = 4, PendingTokens = 60, AloneTokenSeconds = 0.1, FullTokenSeconds = 0.1 };
        var slow = Wide with { TokensPerSecond = 50, AloneTokenSeconds = 0.2, FullTokenSeconds = 0.2 };

        Assert.Equal(expected, RoutingPolicies.Get(RoutingPolicies.LeastFinish).Choose([fast, slow], new RouteRequest(PromptTokens: 1, MaxTokens: 100, Number: 0)));
    }

    [Fact]
    public void LeastFinish_LongPrompt_GoesWhereFewAnswersStandStillForIt()
    {
        var busyAndFast = Wide with { MaxSequences = 16, RunningRequests = 12, PendingTokens = 10, AloneTokenSeconds = 0.1, FullTokenSeconds = 0.1, PrefillTokensPerSecond = 400 };
        var idleAndSlower = Wide with { AloneTokenSeconds = 0.2, FullTokenSeconds = 0.2, PrefillTokensPerSecond = 200 };

        Assert.Equal([0, 1], new[] { 10, 1_000 }.Select(tokens => RoutingPolicies.Get(RoutingPolicies.LeastFinish).Choose(
            [busyAndFast, idleAndSlower], new RouteRequest(PromptTokens: tokens, MaxTokens: 100, Number: 0))));
    }

    private static ReplicaLoad Idle => TestLoads.Idle;

    private static ReplicaLoad Wide => Idle with { KvCells = 100_000, TokensPerSecond = 100 };

    private static ReplicaLoad Full(long pendingTokens, double tokensPerSecond) =>
        Idle with { RunningRequests = 4, PendingTokens = pendingTokens, TokensPerSecond = tokensPerSecond };

    private static int Choose(string policy, params ReplicaLoad[] replicas) => RoutingPolicies.Get(policy).Choose(replicas, Request);
}
