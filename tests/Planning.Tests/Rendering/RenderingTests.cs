using System.Xml.Linq;
using E2LLM.Core.Plans;
using E2LLM.Planning.Comparison;
using E2LLM.Planning.Explanation;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Rendering;
using E2LLM.Planning.Workloads;

namespace E2LLM.Planning.Tests.Rendering;

public class RenderingTests
{
    private static readonly PlanRequest Request = PresetRequests.Create(
        FleetPresets.Get("pi-and-jetson") with { Name = "<b>&\"fleet\"" }, ModelShapes.Get("llama-3-8b-q4"), WorkloadPresets.Get("extended"), PlanObjective.Wait);

    private static readonly ServingPlan Plan = PlannerRegistry.Get("e2llm").Plan(Request, CancellationToken.None);

    [Fact]
    public void Svg_IsWellFormedAndShowsEveryStage()
    {
        var svg = XDocument.Parse(PlanSvg.Render(Request, Plan));
        var titles = svg.Descendants().Where(element => element.Name.LocalName == "title").Select(element => element.Value).ToList();
        Assert.All(Plan.Replicas.SelectMany(replica => replica.Stages), stage => Assert.Contains(titles, title => title.StartsWith(stage.DeviceId + ":", StringComparison.Ordinal)));
        Assert.Contains(svg.Descendants(), element => element.Value.Contains("<b>&\"fleet\"", StringComparison.Ordinal));
    }

    [Fact]
    public void Html_HoldsThePictureTheProofAndEveryDevice()
    {
        var html = PlanHtml.Render(Request, Plan);
        Assert.Contains("<svg", html);
        Assert.Contains("of the optimum (proved", html);
        Assert.DoesNotContain("<b>&\"fleet", html);
        Assert.All(Request.Fleet.Devices, device => Assert.Contains(device.Id, html));
    }

    [Fact]
    public void Explain_Plan_SaysWhatBindsAndHowFullEachDeviceIs()
    {
        var explanation = PlanExplainer.Explain(Request, Plan);
        Assert.Contains(explanation.Findings, finding => finding.Contains("limits the plan", StringComparison.Ordinal));
        foreach (var replica in explanation.Replicas)
        {
            Assert.Contains(replica.Stages, stage => stage.BusyShare == 1);
            Assert.All(replica.Stages, stage => Assert.InRange(stage.MemoryShare, 0.01, 1));
            Assert.Contains(replica.Stages.MaxBy(stage => stage.BusyShare)!.DeviceId, replica.Limit);
        }
    }

    [Fact]
    public void Run_SeveralPlanners_GivesOneOutcomeEach()
    {
        var outcomes = PlannerComparison.Run(Request, PlannerRegistry.Names, CancellationToken.None).ToList();
        Assert.Equal(PlannerRegistry.Names, outcomes.Select(outcome => outcome.Planner));
        Assert.All(outcomes, outcome => Assert.True(outcome.Plan is null != outcome.Refusal is null));
        var ours = outcomes.Single(outcome => outcome.Planner == "e2llm").Plan!.Prediction!;
        Assert.All(outcomes, outcome => Assert.True((outcome.Plan?.Prediction?.MeanWaitSeconds ?? double.PositiveInfinity) >= ours.MeanWaitSeconds - 0.0011));
    }
}
