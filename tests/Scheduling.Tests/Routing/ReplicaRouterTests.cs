using System.Collections.Immutable;
using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Grains.Plans;
using E2LLM.Scheduling.Protocols.HandOff;
using E2LLM.Scheduling.Routing;

namespace E2LLM.Cluster.Tests.Plans;

public sealed class ReplicaRouterTests
{
    private static readonly FleetSpec Fleet = new()
    {
        Name = "test",
        Devices = [],
        DefaultLatencySeconds = 1e-3,
        DefaultBandwidthBytesPerSecond = 1e6,
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

        var route = Choose(plan, new RouteRequest(50, 10, 0), [Busy("m0") with { MeasuredTokensPerSecond = 10 }, Busy("m1")]);

        Assert.Equal(new Route(1, 1), route);
    }

    [Fact]
    public void TransferSeconds_DifferentCuts_CountTheSlowestPart()
    {
        var plan = SplitPlanner.EightLayers.Plan(new PlanRequest { Fleet = Fleet, Model = Synthetic.Model, Profiles = [], Engine = new EngineSettings() }, default);
        var fast = new LinkSpec { From = "b", To = "e", BandwidthBytesPerSecond = 1e9, LatencySeconds = 0 };

        // Layers: a has 0-2, b 3-7; c has 0-1, d 2-3, e 4-7. The largest part, b to e, has the fast link; then comes a to c with two layers.
        var seconds = KvRules.TransferSeconds(plan.Replicas[0], plan.Replicas[1], 100, Synthetic.Model, Fleet with { Links = [fast] });

        Assert.Equal(1e-3 + 100 * Synthetic.Model.KvBytesPerToken(0, 2) / 1e6, seconds, 12);
    }

    private static Route Choose(ServingPlan plan, RouteRequest request, ImmutableArray<int> busy = default, string policy = RoutingPolicies.LeastWait)
    {
        var status = plan.Replicas.Select((replica, index) => busy.IsDefault || !busy.Contains(index)
            ? new ReplicaStatus { Key = replica.Id, State = ReplicaState.Serving }
            : Busy(replica.Id)).ToArray();
        return Assert.NotNull(Choose(plan, request, status, policy: policy));
    }

    private static Route? Choose(
        ServingPlan plan, RouteRequest request, ReplicaStatus[] status, ImmutableArray<string> avoid = default, string policy = RoutingPolicies.LeastWait) =>
        new ReplicaRouter(plan, Synthetic.Model, Fleet, RoutingPolicies.Get(policy)).Choose(status, request, avoid);

    private static ReplicaStatus Serving(string key) => new() { Key = key, State = ReplicaState.Serving };

    private static ReplicaStatus Busy(string key) => new()
    {
        Key = key,
        State = ReplicaState.Serving,
        QueuedRequests = 9,
        RunningRequests = 8,
        PendingTokens = 9000,
        ReservedKvCells = 900,
    };

    private static ReplicaStatus Down(string key) => new() { Key = key };

    private static ServingPlan Plan(params (string Id, ReplicaRole Role, int KvCells)[] replicas) => new()
    {
        ModelId = "m",
        Planner = "test",
        Replicas =
        [
            .. replicas.Select(replica => new ReplicaPlan
            {
                Id = replica.Id,
                Role = replica.Role,
                Engine = new EngineSettings { MaxSequenceTokens = 1000, KvCells = replica.KvCells, MaxSequences = 8 },
                Stages =
                [
                    new StagePlan { DeviceId = replica.Id, FirstLayer = 0, LayerCount = 8, WeightBytes = 0, KvBytes = 0, DecodeSeconds = 1e-3, PrefillSeconds = 1e-2 },
                ],
            }),
        ],
    };
}
