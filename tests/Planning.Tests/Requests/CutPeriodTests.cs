using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Planning.Comparison;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Search;
using E2LLM.Planning.Workloads;

namespace E2LLM.Planning.Tests.Requests;

/// <summary>Models that cannot be cut everywhere.</summary>
public class CutPeriodTests
{
    public static TheoryData<string> Names { get; } = [.. PlannerRegistry.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Plan_EveryPlanner_CutsAtMultiplesAlone(string name)
    {
        foreach (var period in new[] { 2, 5, 7 }) // 24 layers: an even division, and two with a short last run
        {
            var request = Testbed(period);
            var plan = PlannerRegistry.Get(name).Plan(request, CancellationToken.None);
            Assert.All(plan.Replicas, replica =>
            {
                Assert.Equal(request.Model.LayerCount, replica.Stages[^1].EndLayer);
                Assert.All(replica.Stages, stage =>
                {
                    Assert.Equal(0, stage.FirstLayer % period);
                    Assert.Equal(request.Model.WeightBytes(stage.FirstLayer, stage.LayerCount), stage.WeightBytes);
                });
            });
        }
    }

    [Fact]
    public void Plan_RunsOfTwoAlikeLayers_IsThePlanOfAModelWithHalfAsManyTwiceAsLarge()
    {
        var cut = Testbed(period: 2);
        var model = cut.Model;
        var halved = cut with
        {
            Model = model with
            {
                CutPeriodLayers = 1,
                LayerBytes = Pairs(model.LayerBytes),
                LayerKvBytesPerToken = Pairs(model.LayerKvBytesPerToken),
                LayerFlopsPerToken = [.. model.LayerFlopsPerToken.Chunk(2).Select(pair => pair.Sum())],
                LayerActiveBytes = Pairs(model.LayerActiveBytes),
            },
            Profiles =
            [
                .. cut.Profiles.Select(profile => profile with
                {
                    Prefill = [.. profile.Prefill.Select(point => point with { SecondsPerLayer = 2 * point.SecondsPerLayer })],
                    Decode = [.. profile.Decode.Select(point => point with { SecondsPerLayer = 2 * point.SecondsPerLayer })],
                }),
            ],
        };
        foreach (var planner in new[] { "e2llm", "exact" })
        {
            var (ours, theirs) = (Plan(planner, cut), Plan(planner, halved));
            Assert.Equal(theirs.Prediction!.CapacityRequestsPerSecond, ours.Prediction!.CapacityRequestsPerSecond, 9);
            Assert.Equal(
                theirs.Replicas.SelectMany(replica => replica.Stages).Select(stage => (stage.DeviceId, 2 * stage.LayerCount)),
                ours.Replicas.SelectMany(replica => replica.Stages).Select(stage => (stage.DeviceId, stage.LayerCount)));
        }
    }

    [Fact]
    public void Plan_CutsThatMayNotBe_NeverGivesMoreThanFreeOnes()
    {
        var free = Plan("exact", Testbed(period: 1)).Prediction!.CapacityRequestsPerSecond;
        foreach (var period in new[] { 2, 3, 4, 6, 12 })
            Assert.InRange(Plan("exact", Testbed(period)).Prediction!.CapacityRequestsPerSecond, 0, free * (1 + 1e-9));
    }

    [Fact]
    public void Price_PlanWithACutThatCannotBe_IsRefused()
    {
        var plan = Plan("exact", Testbed(period: 1));
        Assert.Contains(plan.Replicas.SelectMany(replica => replica.Stages), stage => stage.FirstLayer % 7 != 0);
        var error = Assert.Throws<PlanningException>(
            () => PlanPricer.Price(new PlanningContext(Testbed(period: 7), CancellationToken.None), plan, certify: false));
        Assert.Contains("multiples of 7", error.Message);
    }

    [Fact]
    public void Units_OfAModelThatDoesNotComeOutEven_HaveAShortLastOne()
    {
        var units = new CutUnits(Testbed(period: 7).Model);
        Assert.Equal((4, 0, 21, 24), (units.Count, units.LayerAt(0), units.LayerAt(3), units.LayerAt(4)));
        Assert.Equal((0, 3, 4, -1), (units.UnitAt(0), units.UnitAt(21), units.UnitAt(24), units.UnitAt(8)));
        Assert.Equal([7, 7, 7, 3], units.Sums([.. Enumerable.Repeat(1.0, 24)]));
    }

    private static ServingPlan Plan(string planner, PlanRequest request) => PlannerRegistry.Get(planner).Plan(request, CancellationToken.None);

    private static ImmutableArray<long> Pairs(ImmutableArray<long> ofLayers) => [.. ofLayers.Chunk(2).Select(pair => pair.Sum())];

    private static PlanRequest Testbed(int period)
    {
        var request = PresetRequests.Create(
            FleetPresets.Get("paper-testbed"), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), PlanObjective.Capacity);
        return request with { Model = request.Model with { CutPeriodLayers = period, LayerWindowTokens = [] } };
    }
}
