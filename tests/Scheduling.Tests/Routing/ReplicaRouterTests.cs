using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Scheduling.Protocols.HandOff;
using E2LLM.Scheduling.Routing;

namespace E2LLM.Scheduling.Tests.Routing;

public sealed class ReplicaRouterTests
{
    private static readonly FleetSpec Fleet = new()
    {
        Name = "test",
        Devices = [],
        DefaultLatencySeconds = 1e-3,
        DefaultBandwidthBytesPerSecond = 1e6,
    };

    private static readonly ModelSpec Model = new()
    {
        Id = "m",
        Architecture = "llama",
        ContextLengthTokens = 1000,
        EmbeddingLength = 64,
        VocabularySize = 1000,
        LayerBytes = [.. Enumerable.Repeat(1L << 20, 8)],
        LayerKvBytesPerToken = [.. Enumerable.Repeat(256L, 8)],
        HeadBytes = 1 << 20,
        EmbeddingBytes = 1 << 20,
    };

    [Fact]
    public void Choose_BothPhases_PairsTheFreeOnes()
    {
        var plan = Plan(("p0", ReplicaRole.Prefill, 1000), ("p1", ReplicaRole.Prefill, 1000), ("d0", ReplicaRole.Decoder, 1000), ("d1", ReplicaRole.Decoder, 1000));

        var route = Choose(plan, new RouteRequest(50, 10, 0), busy: [0, 3]);

        Assert.Equal(new Route(1, 2), route);
    }

    [Fact]
    public void Choose_RequestThatFitsOneDecoderOnly_GoesThereHoweverBusyItIs()
    {
        var plan = Plan(("p", ReplicaRole.Prefill, 1000), ("small", ReplicaRole.Decoder, 100), ("large", ReplicaRole.Decoder, 1000));

        var route = Choose(plan, new RouteRequest(90, 50, 0), busy: [2]);

        Assert.Equal(new Route(0, 2), route);
    }

    [Fact]
    public void Choose_RequestThatFitsNoDecoder_IsRejectedWithTheLimits()
    {
        var plan = Plan(("p", ReplicaRole.Prefill, 1000), ("d", ReplicaRole.Decoder, 100));

        var error = Assert.Throws<RequestRejectedException>(() => Choose(plan, new RouteRequest(90, 50, 0)));

        Assert.Contains("d takes prompts below 1000 tokens (MaxSequenceTokens) and has 100 KV cells (KvCells)", error.Message);
    }

    [Theory]
    [InlineData(RoutingPolicies.LeastWait)]
    [InlineData(RoutingPolicies.SplitwiseMixedPool)]
    public void Choose_MixedReplicasOnly_HandsNothingOn(string policy)
    {
        var plan = Plan(("m0", ReplicaRole.Mixed, 1000), ("m1", ReplicaRole.Mixed, 1000));

        var route = Choose(plan, new RouteRequest(50, 10, 0), busy: [0], policy: policy);

        Assert.Equal(new Route(1, 1), route);
    }

    [Fact]
    public void Choose_MixedReplicaOfAnotherKvType_IsHandedNothing()
    {
        var plan = Plan(("p", ReplicaRole.Prefill, 1000), ("d", ReplicaRole.Decoder, 1000), ("m", ReplicaRole.Mixed, 1000));
        var mixed = plan.Replicas[2];
        var unlike = plan with { Replicas = plan.Replicas.SetItem(2, mixed with { Engine = mixed.Engine with { KvType = KvCacheType.Q8_0 } }) };
        RouteCandidate[] candidates = [Serving("p"), Down("d"), Busy("m")];

        Assert.Equal(new Route(0, 2), Choose(plan, new RouteRequest(50, 10, 0), candidates, policy: RoutingPolicies.JsqRequests));
        Assert.Equal(new Route(2, 2), Choose(unlike, new RouteRequest(50, 10, 0), candidates, policy: RoutingPolicies.JsqRequests));
    }

    [Fact]
    public void Choose_PlanSaysHowManyRun_AReplicaWithAsManyIsFull()
    {
        var plan = Plan(("m0", ReplicaRole.Mixed, 1000), ("m1", ReplicaRole.Mixed, 1000));
        plan = plan with { Replicas = [.. plan.Replicas.Select(replica => replica with { DecodeConcurrency = 2, TokenSeconds = 1e-3 })] };
        var full = new ReplicaSnapshot { State = ReplicaState.Serving, RunningRequests = 2, PendingTokens = 100 };

        Assert.Equal(new Route(1, 1), Choose(plan, new RouteRequest(50, 10, 0), [Candidate("m0", full), Candidate("m1", full with { RunningRequests = 1 })]));
        Assert.Equal(new Route(0, 0), Choose(plan, new RouteRequest(50, 10, 0), [
            Candidate("m0", full with { RunningRequests = 1 }), Candidate("m1", full with { RunningRequests = 1, RunningLimit = 1 })]));
    }

    [Fact]
    public void Choose_LeastFinish_TakesTheFastReplicaThatIsFreeSoonRatherThanASlowOneNow()
    {
        var plan = Plan(("fast", ReplicaRole.Mixed, 1000), ("slow", ReplicaRole.Mixed, 1000));
        plan = plan with
        {
            Replicas =
            [
                plan.Replicas[0] with { DecodeConcurrency = 2, TokenSeconds = 2e-3 },
                plan.Replicas[1] with { DecodeConcurrency = 2, TokenSeconds = 50e-3, Stages = [plan.Replicas[1].Stages[0] with { DecodeSeconds = 40e-3 }] },
            ],
        };
        RouteCandidate[] candidates = [Candidate("fast", new ReplicaSnapshot { State = ReplicaState.Serving, RunningRequests = 2, PendingTokens = 200 }), Serving("slow")];
        var request = new RouteRequest(50, 100, 0);

        Assert.Equal(new Route(1, 1), Choose(plan, request, candidates, policy: RoutingPolicies.LeastWait));
        Assert.Equal(new Route(0, 0), Choose(plan, request, candidates, policy: RoutingPolicies.LeastFinish));
    }

    [Fact]
    public void Choose_LeastFinish_MeasuredPaceCountsMoreThanThePlans()
    {
        var plan = Plan(("m0", ReplicaRole.Mixed, 1000), ("m1", ReplicaRole.Mixed, 1000));
        var slow = new ReplicaSnapshot { State = ReplicaState.Serving, TokenSeconds = 1, TokenSecondsRunning = 1 };

        Assert.Equal(new Route(1, 1), Choose(plan, new RouteRequest(50, 100, 0), [Candidate("m0", slow), Serving("m1")], policy: RoutingPolicies.LeastFinish));
    }

    [Theory]
    [InlineData(1, 10e-3)]
    [InlineData(3, 20e-3)]
    [InlineData(5, 30e-3)]
    [InlineData(9, 30e-3)]
    public void TokenSeconds_BetweenOneAndAll_AreALine(int running, double expected)
    {
        var replica = Replica("r", ReplicaRole.Mixed, 1000, Stage("a", 0, 8)) with { DecodeConcurrency = 5, TokenSeconds = 30e-3 };
        replica = replica with { Stages = [replica.Stages[0] with { DecodeSeconds = 10e-3 }] };

        Assert.Equal(expected, PlannedRates.TokenSeconds(replica, running), 12);
    }

    [Fact]
    public void Choose_ReplicaOutOfService_IsPassedOverHoweverFreeItIs()
    {
        var plan = Plan(("m0", ReplicaRole.Mixed, 1000), ("m1", ReplicaRole.Mixed, 1000));

        Assert.Equal(new Route(1, 1), Choose(plan, new RouteRequest(50, 10, 0), [Down("m0"), Busy("m1")]));
    }

    [Fact]
    public void Choose_NobodyInService_GivesNull()
    {
        var plan = Plan(("p", ReplicaRole.Prefill, 1000), ("d", ReplicaRole.Decoder, 1000));

        Assert.Null(Choose(plan, new RouteRequest(50, 10, 0), [Down("p"), Down("d")]));
    }

    [Theory]
    [InlineData(true, false, 0)]
    [InlineData(false, true, 1)]
    public void Choose_OneRoleOutOfService_TheOtherDoesBothParts(bool prefill, bool decoder, int expected)
    {
        var plan = Plan(("p", ReplicaRole.Prefill, 1000), ("d", ReplicaRole.Decoder, 1000));

        var route = Choose(plan, new RouteRequest(50, 10, 0), [prefill ? Serving("p") : Down("p"), decoder ? Serving("d") : Down("d")]);

        Assert.Equal(new Route(expected, expected), route);
    }

    [Fact]
    public void Choose_ReplicaToAvoid_IsTakenOnlyWhereNobodyElseIsLeft()
    {
        var plan = Plan(("m0", ReplicaRole.Mixed, 1000), ("m1", ReplicaRole.Mixed, 1000));

        Assert.Equal(new Route(1, 1), Choose(plan, new RouteRequest(50, 10, 0), [Serving("m0"), Busy("m1")], avoid: ["m0"]));
        Assert.Equal(new Route(0, 0), Choose(plan, new RouteRequest(50, 10, 0), [Serving("m0"), Down("m1")], avoid: ["m0"]));
    }

    [Fact]
    public void Choose_MeasuredRate_CountsMoreThanThePlans()
    {
        var plan = Plan(("m0", ReplicaRole.Mixed, 1000), ("m1", ReplicaRole.Mixed, 1000));

        var route = Choose(plan, new RouteRequest(50, 10, 0), [Busy("m0", measuredTokensPerSecond: 10), Busy("m1")]);

        Assert.Equal(new Route(1, 1), route);
    }

    [Fact]
    public void Choose_SilentReplica_IsTakenOnlyWhereNobodyElseCanServe()
    {
        var plan = Plan(("m0", ReplicaRole.Mixed, 1000), ("m1", ReplicaRole.Mixed, 1000));
        var request = new RouteRequest(50, 10, 0);

        Assert.Equal(new Route(1, 1), Choose(plan, request, [Silent(Serving("m0")), Busy("m1")]));
        Assert.Equal(new Route(0, 0), Choose(plan, request, [Silent(Serving("m0")), Down("m1")]));
        Assert.Equal(new Route(0, 0), Choose(plan, request, [Silent(Serving("m0")), Serving("m1")], avoid: ["m1"]));
    }

    [Fact]
    public void Choose_DecoderIsSilent_ThePrefillReplicaDoesBothParts()
    {
        var plan = Plan(("p", ReplicaRole.Prefill, 1000), ("d", ReplicaRole.Decoder, 1000));

        Assert.Equal(new Route(0, 0), Choose(plan, new RouteRequest(50, 10, 0), [Serving("p"), Silent(Serving("d"))]));
    }

    [Fact]
    public void Choose_WhatWasSentSinceTheReports_CountsAsLoad()
    {
        var plan = Plan(("m0", ReplicaRole.Mixed, 1000), ("m1", ReplicaRole.Mixed, 1000));
        var request = new RouteRequest(50, 10, 0);
        var sent = Enumerable.Repeat(RoutedPart.Whole(request), 3).ToArray();

        Assert.Equal(new Route(1, 1), Choose(plan, request, [Serving("m0") with { Routed = sent }, Serving("m1")]));
    }

    [Fact]
    public void Plus_RequestsOnTheirWay_RunWhileThereIsRoomAndWaitAfterThat()
    {
        var load = new ReplicaLoad
        {
            QueuedRequests = 0,
            RunningRequests = 1,
            MaxSequences = 2,
            ReservedKvCells = 100,
            KvCells = 1000,
            PendingTokens = 10,
            TokensPerSecond = 1,
        };
        var part = new RoutedPart(PendingTokens: 60, KvCells: 70);

        var after = load.Plus(part).Plus(part);

        Assert.Equal((1, 2, 170, 130L), (after.QueuedRequests, after.RunningRequests, after.ReservedKvCells, after.PendingTokens));
    }

    [Theory]
    [InlineData(RoutingPolicies.LeastWait)]
    [InlineData(RoutingPolicies.LeastFinish)]
    public void Choose_CachesAreOnTheirWayToADecoder_TakesTheOtherWhoseInterfaceIsFree(string policy)
    {
        var plan = Plan(("p", ReplicaRole.Prefill, 1000), ("d0", ReplicaRole.Decoder, 1000), ("d1", ReplicaRole.Decoder, 1000));
        // Two seconds of caches, at 2 KiB a token and 1 MB/s.
        var awaiting = Serving("d0") with { Snapshot = new ReplicaSnapshot { State = ReplicaState.Serving, AwaitedKvTokens = 1_000 } };

        Assert.Equal(new Route(0, 2), Choose(plan, new RouteRequest(50, 10, 0), [Serving("p"), awaiting, Serving("d1")], policy: policy));
        Assert.Equal(new Route(0, 1), Choose(plan, new RouteRequest(50, 10, 0), [Serving("p"), Serving("d0"), Serving("d1")], policy: policy));
    }

    [Fact]
    public void Choose_PolicyThatLendsReplicas_NeverHandsOverAgainstTheOthersWay()
    {
        var plan = Plan(("p0", ReplicaRole.Prefill, 1000), ("p1", ReplicaRole.Prefill, 1000), ("d0", ReplicaRole.Decoder, 1000), ("d1", ReplicaRole.Decoder, 1000));
        var fullOfPrompts = new ReplicaSnapshot { State = ReplicaState.Serving, PendingTokens = 9_000, RunningRequests = 8 };
        var fullOfAnswers = new ReplicaSnapshot { State = ReplicaState.Serving, PendingTokens = 900, RunningRequests = 8, ReservedKvCells = 990 };

        var lentDecoder = Choose(
            plan,
            new RouteRequest(50, 10, 0),
            [Candidate("p0", fullOfPrompts), Candidate("p1", fullOfPrompts), Candidate("d0", fullOfAnswers), Candidate("d1", fullOfAnswers)],
            policy: RoutingPolicies.SplitwiseMixedPool)!.Value;
        var lentPrefill = Choose(
            plan, new RouteRequest(50, 10, 0), [Serving("p0"), Serving("p1"), Candidate("d0", fullOfAnswers), Candidate("d1", fullOfAnswers)], policy: RoutingPolicies.SplitwiseMixedPool)!.Value;

        Assert.Equal((2, 2), (lentDecoder.Prefill, lentDecoder.Decode));
        Assert.Equal((0, 0), (lentPrefill.Prefill, lentPrefill.Decode));
    }

    [Fact]
    public void Choose_PromptHasToWait_SaysWhenTheDecoderHearsOfItsAnswer()
    {
        var plan = Plan(("p", ReplicaRole.Prefill, 1000), ("d", ReplicaRole.Decoder, 1000));

        var route = Choose(plan, new RouteRequest(50, 10, 0), [Busy("p", measuredTokensPerSecond: 100), Serving("d")]);

        Assert.Equal(90, route!.Value.PrefillWaitSeconds, 1e-9);
    }

    [Fact]
    public void Prune_OfRoutedParts_KeepsThoseThatTheReplicaCannotKnowYet()
    {
        var (now, later) = (new RoutedPart(10, 20), new RoutedPart(30, 40, 50));
        var routed = new RoutedParts();
        routed.Add(now, untilSeconds: 1);
        routed.Add(later, untilSeconds: 9);

        routed.Prune(nowSeconds: 1);
        Assert.Equal([now, later], routed.ToArray());
        routed.Prune(nowSeconds: 5);
        Assert.Equal([later], routed.ToArray());
    }

    [Fact]
    public void TransferSeconds_DifferentCuts_CountTheSlowestPart()
    {
        var fast = new LinkSpec { From = "b", To = "e", BandwidthBytesPerSecond = 1e9, LatencySeconds = 0 };

        // The largest part, b to e, has the fast link; then comes a to c with two layers.
        var seconds = KvPath.Between(
            Replica("r0", ReplicaRole.Prefill, 1000, Stage("a", 0, 3), Stage("b", 3, 5)),
            Replica("r1", ReplicaRole.Decoder, 1000, Stage("c", 0, 2), Stage("d", 2, 2), Stage("e", 4, 4)),
            Model, Fleet with { Links = [fast] }).Seconds(100);

        Assert.Equal(1e-3 + 100 * Model.KvBytesPerToken(0, 2) / 1e6, seconds, 12);
    }

    private static Route Choose(ServingPlan plan, RouteRequest request, ImmutableArray<int> busy = default, string policy = RoutingPolicies.LeastWait)
    {
        var candidates = plan.Replicas.Select((replica, index) => busy.IsDefault || !busy.Contains(index) ? Serving(replica.Id) : Busy(replica.Id));
        return Assert.NotNull(Choose(plan, request, [.. candidates], policy: policy));
    }

    private static Route? Choose(
        ServingPlan plan, RouteRequest request, RouteCandidate[] candidates, ImmutableArray<string> avoid = default, string policy = RoutingPolicies.LeastWait) =>
        new ReplicaRouter(Model, Fleet, RoutingPolicies.Get(policy)).Choose(
            [.. candidates.Zip(plan.Replicas, (candidate, replica) => candidate with { Plan = replica })], request, avoid);

    private static RouteCandidate Serving(string key) => Candidate(key, new ReplicaSnapshot { State = ReplicaState.Serving });

    private static RouteCandidate Busy(string key, double measuredTokensPerSecond = 0) => Candidate(key, new ReplicaSnapshot
    {
        State = ReplicaState.Serving,
        QueuedRequests = 9,
        RunningRequests = 8,
        PendingTokens = 9000,
        ReservedKvCells = 900,
        MeasuredTokensPerSecond = measuredTokensPerSecond,
    });

    private static RouteCandidate Down(string key) =>
        Candidate(key, new ReplicaSnapshot { State = ReplicaState.OutOfService }) with { Availability = ReplicaAvailability.Unavailable };

    private static RouteCandidate Silent(RouteCandidate candidate) => candidate with { Availability = ReplicaAvailability.Unknown };

    private static RouteCandidate Candidate(string key, ReplicaSnapshot snapshot) => new()
    {
        Key = key,
        Plan = Replica(key, ReplicaRole.Mixed, 1000),
        Availability = ReplicaAvailability.Available,
        Snapshot = snapshot,
    };

    private static ServingPlan Plan(params (string Id, ReplicaRole Role, int KvCells)[] replicas) => new()
    {
        ModelId = "m",
        Planner = "test",
        Replicas = [.. replicas.Select(replica => Replica(replica.Id, replica.Role, replica.KvCells, Stage(replica.Id, 0, 8)))],
    };

    private static ReplicaPlan Replica(string id, ReplicaRole role, int kvCells, params StagePlan[] stages) => new()
    {
        Id = id,
        Role = role,
        Engine = new EngineSettings { MaxSequenceTokens = 1000, KvCells = kvCells, MaxSequences = 8 },
        Stages = [.. stages],
    };

    private static StagePlan Stage(string device, int firstLayer, int layers) => new()
    {
        DeviceId = device,
        FirstLayer = firstLayer,
        LayerCount = layers,
        WeightBytes = 0,
        KvBytes = 0,
        DecodeSeconds = 1e-3,
        PrefillSeconds = 1e-2,
    };
}
