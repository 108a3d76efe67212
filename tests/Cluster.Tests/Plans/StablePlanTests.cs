using System.Collections.Immutable;
using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Cluster.Tests.HandOff;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Planning.Explanation;
using Microsoft.Extensions.DependencyInjection;

namespace E2LLM.Cluster.Tests.Plans;

/// <summary>What a new plan leaves alone, and what it must not do.</summary>
public sealed class StablePlanTests
{
    [Fact]
    public async Task Apply_AlikeDevicesJoinBeforeThoseThatServe_LeavesTheirReplicaLoaded()
    {
        var options = Options("abcd");
        await using var fog = await TestFog.StartAsync(options with { Silo = silo => silo.Services.AddSingleton<IPlanAdvisor>(new PairAdvisor()) });
        var before = await fog.Plan.ApplyAsync(Fleet(fog, "bd"));
        var request = Synthetic.Request("running", maxTokens: 200);
        var running = fog.RunAsync(request);

        // In the order of the fleet, which the planner goes by, b and d are in two pairs now.
        var after = await fog.Plan.ApplyAsync(fog.Fleet);

        Assert.Contains(before.ReplicaKeys[0], after.ReplicaKeys);
        Assert.Equal(["bd", "ca"], after.Plan!.Replicas.Select(replica => string.Concat(replica.Stages.Select(stage => stage.DeviceId))));
        var answer = await running;
        SplitFog.AssertExact(request, answer);
        Assert.Equal(0, answer.Last.Timeline!.Replays);
    }

    [Fact]
    public async Task Apply_TrustedEnds_HasFirstAndLastLayersOnTrustedDevices()
    {
        await using var fog = await TestFog.ServeAsync(Options("abc", trusted: "bc", serving => serving.TrustedEnds = true));

        var plan = (await fog.Plan.GetStatusAsync()).Plan!;

        Assert.All(plan.Replicas, replica => Assert.True(replica.Stages[0].DeviceId is "b" or "c" && replica.Stages[^1].DeviceId is "b" or "c"));
        var request = Synthetic.Request("trusted");
        SplitFog.AssertExact(request, await fog.RunAsync(request));
    }

    [Fact]
    public async Task ApplyPlan_ThatWasProposedWithoutTrust_IsRefusedAndServingGoesOn()
    {
        await using var fog = await TestFog.ServeAsync(
            Options("abc", trusted: "bc", serving => (serving.TrustedEnds, serving.Planner) = (true, "single-pipeline")));
        var proposal = await fog.Plan.ProposeAsync(new PlanWish { TrustedEnds = false, Planner = "memory-proportional" });
        Assert.Contains(proposal.Plan.Replicas, replica => replica.Stages[0].DeviceId == "a");

        var error = await Assert.ThrowsAsync<Core.Errors.PlanningException>(() => fog.Plan.ApplyPlanAsync(proposal.Plan.Generation));

        Assert.Contains("'a', which is not trusted", error.Message);
        SplitFog.AssertExact(Synthetic.Request("then"), await fog.RunAsync(Synthetic.Request("then")));
    }

    private static FleetSpec Fleet(TestFog fog, string devices) =>
        fog.Fleet with { Devices = [.. fog.Fleet.Devices.Where(device => devices.Contains(device.Id, StringComparison.Ordinal))] };

    /// <summary>One silo of devices that hold four layers of eight.</summary>
    private static TestFogOptions Options(string devices, string trusted = "", Action<Grains.Plans.ServingOptions>? serving = null)
    {
        var small = Synthetic.ThreeDevices().SiloDevices[0][0];
        return Synthetic.Options([[.. devices.Select(id => small with { Id = $"{id}", IsTrusted = trusted.Contains(id, StringComparison.Ordinal) })]]) with
        {
            Serving = serving ?? (_ => { }),
        };
    }

    /// <summary>Four layers on each of two devices, in the order of the fleet, and what the product makes of it.</summary>
    private sealed class PairAdvisor : IPlanAdvisor
    {
        private readonly PlanAdvisor _product = new();

        public IPlanner FindPlanner(string name) => new PairPlanner();

        public ImmutableArray<string> Explain(PlanRequest request, ServingPlan plan) => [];

        public ServingPlan Align(PlanRequest request, ServingPlan plan, IReadOnlyList<ReplicaPlan> running) => _product.Align(request, plan, running);

        public ImmutableArray<string> Compare(PlanRequest request, ServingPlan running, ServingPlan candidate) => [];
    }
}
