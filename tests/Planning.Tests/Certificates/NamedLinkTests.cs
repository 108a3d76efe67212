using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Workloads;

namespace E2LLM.Planning.Tests.Certificates;

/// <summary>A few links that are named among many devices.</summary>
public class NamedLinkTests
{
    [Theory]
    [InlineData("types-256", 3, 2.5e6, 0.005)] // one slow pair
    [InlineData("types-256", 3, 1.25e9, 0.0001)] // one fast one
    [InlineData("unlike-16", 1, 2.5e6, 0.005)]
    public void Plan_OnePair_ChangesNeitherThePlanNorItsProofByMuch(string preset, int every, double bytesPerSecond, double latencySeconds)
    {
        var fleet = FleetPresets.Get(preset);
        fleet = fleet with { Devices = [.. fleet.Devices.Where((_, index) => index % every == 0)] };
        var link = new LinkSpec { From = fleet.Devices[^1].Id, To = fleet.Devices[2].Id, BandwidthBytesPerSecond = bytesPerSecond, LatencySeconds = latencySeconds };
        var without = Plan(fleet);
        var with = Plan(fleet with { Links = [link] });
        Assert.InRange(with.GapPercent, 0, 5);
        Assert.InRange(with.Bound / without.Bound, 0.98, 1.02);
        Assert.InRange(with.Achieved / without.Achieved, 0.97, 1 / 0.95); // another plan of the same gap
    }

    private static PlanCertificate Plan(FleetSpec fleet)
    {
        var request = PresetRequests.Create(fleet, ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), PlanObjective.Capacity);
        return PlannerRegistry.Get("e2llm").Plan(request, CancellationToken.None).Certificates.Single(certificate => certificate.Objective == PlanObjective.Capacity);
    }
}
