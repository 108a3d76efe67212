using E2LLM.Core.Plans;
using E2LLM.Scheduling.Routing;

namespace E2LLM.Scheduling.Tests.Routing;

/// <summary>The choice of one MIXED replica or of a PREFILL and a DECODER replica.</summary>
public sealed class RoutePolicyTests
{
    private static readonly RouteRequest Request = new(PromptTokens: 20, MaxTokens: 10, Number: 0);

    [Theory]
    [MemberData(nameof(AllNames))]
    public void ChooseRoute_OneOfEachRole_HandsOver(string name) =>
        Assert.Equal(new Route(1, 0), RoutingPolicies.Get(name).ChooseRoute([Decoder, Prefill], Request));

    [Theory]
    [MemberData(nameof(AllNames))]
    public void ChooseRoute_MixedOnly_StaysThere(string name) =>
        Assert.Equal(new Route(0, 0), RoutingPolicies.Get(name).ChooseRoute([Mixed], Request));

    [Theory]
    [MemberData(nameof(AllNames))]
    public void ChooseRoute_NoReplica_Throws(string name) =>
        Assert.ThrowsAny<ArgumentException>(() => RoutingPolicies.Get(name).ChooseRoute([], Request));

    [Theory]
    [MemberData(nameof(AllNames))]
    public void ChooseRoute_EqualPairs_TakeTurns(string name)
    {
        ReplicaLoad[] replicas = [Prefill, Decoder, Prefill, Decoder];
        var routes = Enumerable.Range(0, 40)
            .Select(number => RoutingPolicies.Get(name).ChooseRoute(replicas, Request with { Number = number })).ToArray();

        foreach (var index in new[] { 0, 2 })
            Assert.Equal(20, routes.Count(route => route.Prefill == index));
        foreach (var index in new[] { 1, 3 })
            Assert.Equal(20, routes.Count(route => route.Decode == index));
    }

    [Theory]
    [InlineData("jsq-requests")]
    [InlineData("jsq-tokens")]
    [InlineData("least-wait")]
    [InlineData("round-robin")]
    public void ChooseRoute_PrefillWithoutAnybodyToWrite_Throws(string name) =>
        Assert.Throws<ArgumentException>(() => RoutingPolicies.Get(name).ChooseRoute([Prefill], Request));

    [Fact]
    public void ChooseRoute_LeastWait_TakesTheMixedReplicaWhereTheLinkIsSlow()
    {
        ReplicaLoad[] replicas = [Prefill with { TokensPerSecond = 100 }, Decoder, Mixed with { TokensPerSecond = 20 }];

        Assert.Equal(new Route(0, 1), Choose(RoutingPolicies.LeastWait, replicas, (_, _, tokens) => tokens * 0.02));
        Assert.Equal(new Route(2, 2), Choose(RoutingPolicies.LeastWait, replicas, (_, _, tokens) => tokens * 0.06));
    }

    [Fact]
    public void ChooseRoute_LeastWait_WeighsQueueRateRoomAndLinkOfEveryPair()
    {
        ReplicaLoad[] replicas =
        [
            Prefill with { TokensPerSecond = 100 }, // far
            Prefill with { TokensPerSecond = 100, PendingTokens = 300 }, // busy
            Decoder with { RunningRequests = 4, PendingTokens = 80 }, // full
            Decoder,
        ];

        // far: 0.2 s of reading and 4 s of sending; busy: 3 s of waiting and 0.2 s of reading.
        Assert.Equal(new Route(1, 3), Choose(RoutingPolicies.LeastWait, replicas, (from, _, _) => from == 0 ? 4 : 0));
        Assert.Equal(new Route(0, 3), Choose(RoutingPolicies.LeastWait, replicas, (from, _, _) => from == 0 ? 3 : 0));
    }

    [Fact]
    public void ChooseRoute_Jsq_TakesTheShortestQueueOfEachRole()
    {
        ReplicaLoad[] replicas =
        [
            Prefill with { QueuedRequests = 3, PendingTokens = 5 }, Prefill with { QueuedRequests = 2, PendingTokens = 9 },
            Decoder with { RunningRequests = 2, PendingTokens = 5 }, Decoder with { RunningRequests = 1, PendingTokens = 9 },
        ];

        Assert.Equal(new Route(1, 3), Choose(RoutingPolicies.JsqRequests, replicas));
        Assert.Equal(new Route(0, 2), Choose(RoutingPolicies.JsqTokens, replicas));
    }

    [Fact]
    public void ChooseRoute_PrefillWithoutDecoder_GoesOnInAMixedReplica() => Assert.Equal(
        new Route(0, 1), Choose(RoutingPolicies.JsqRequests, [Prefill, Mixed with { QueuedRequests = 1 }]));

    [Fact]
    public void ChooseRoute_Splitwise_TakesFewestPendingTokensAndLeastMemory() => Assert.Equal(new Route(1, 2), Choose(
        RoutingPolicies.SplitwiseMixedPool,
        [
            Prefill with { PendingTokens = 8_000 }, Prefill with { PendingTokens = 7_000 },
            Decoder with { ReservedKvCells = 10, PendingTokens = 100 }, Decoder with { ReservedKvCells = 20 }, Mixed,
        ]));

    [Fact]
    public void ChooseRoute_Splitwise_CountsWhatWaitsAsAllocated() => Assert.Equal(new Route(0, 2), Choose(
        RoutingPolicies.SplitwiseMixedPool,
        [Prefill, Decoder with { ReservedKvCells = 20, QueuedRequests = 3, PendingTokens = 60 }, Decoder with { ReservedKvCells = 30 }]));

    [Fact]
    public void ChooseRoute_SplitwisePoolsFull_FallsBackToTheMixedPool() => Assert.Equal(new Route(2, 2), Choose(
        RoutingPolicies.SplitwiseMixedPool,
        [Prefill with { PendingTokens = 8_193 }, Decoder with { ReservedKvCells = 71 }, Mixed with { PendingTokens = 8_000 }]));

    [Fact]
    public void ChooseRoute_SplitwiseMixedPoolFullToo_LendsTheLeastLoadedOfTheOtherPool()
    {
        ReplicaLoad[] replicas =
        [
            Prefill with { PendingTokens = 9_000 },
            Decoder with { PendingTokens = 50 },
            Decoder with { PendingTokens = 40, ReservedKvCells = 90 },
        ];

        Assert.Equal(new Route(2, 1), Choose(RoutingPolicies.SplitwiseMixedPool, replicas));

        // Lent machines are found in the mixed pool, before another one is lent.
        replicas[1] = replicas[1] with { IsLent = true };
        Assert.Equal(new Route(1, 1), Choose(RoutingPolicies.SplitwiseMixedPool, replicas));
    }

    public static TheoryData<string> AllNames => [.. RoutingPolicies.Names];

    private static ReplicaLoad Mixed => TestLoads.Idle;

    private static ReplicaLoad Prefill => Mixed with { Role = ReplicaRole.Prefill };

    private static ReplicaLoad Decoder => Mixed with { Role = ReplicaRole.Decoder };

    private static Route Choose(string policy, ReplicaLoad[] replicas, KvTransferSeconds? transfer = null) =>
        RoutingPolicies.Get(policy).ChooseRoute(replicas, Request, transfer);
}
