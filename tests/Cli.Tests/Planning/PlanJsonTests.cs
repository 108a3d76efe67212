using System.Text.Json;
using E2LLM.Core.Plans;

namespace E2LLM.Cli.Tests.Planning;

public sealed class PlanJsonTests
{
    [Fact]
    public async Task Json_OnePlanner_IsTheLibrarysPlan()
    {
        var plan = PlanRequests.Plan(PlanRequests.Testbed().Request).Plan!;

        using var document = JsonDocument.Parse(await PlanTool.RunAsync([.. PlanTool.Testbed, "--objective", "wait", "--json"]));
        var root = document.RootElement;

        Assert.Equal("e2llm-plan/2", root.GetProperty("format").GetString());
        Assert.Equal(("paper-testbed", 7), (root.GetProperty("fleet").GetProperty("name").GetString(), root.GetProperty("fleet").GetProperty("devices").GetArrayLength()));
        Assert.Equal(("gpt-oss-20b", 24), (root.GetProperty("model").GetProperty("id").GetString(), root.GetProperty("model").GetProperty("layers").GetInt32()));
        Assert.Equal(("extended", 1), (root.GetProperty("workload").GetProperty("name").GetString(), root.GetProperty("seed").GetInt32()));
        Assert.Equal("e2llm", root.GetProperty("planner").GetString());
        Assert.Equal(
            plan.Replicas.SelectMany(replica => replica.Stages.Select(stage => (
                replica.Role.ToString().ToLowerInvariant(), stage.DeviceId, stage.FirstLayer, stage.LayerCount, stage.WeightBytes + stage.KvBytes + stage.ScratchBytes))),
            root.GetProperty("replicas").EnumerateArray().SelectMany(replica => replica.GetProperty("stages").EnumerateArray().Select(stage => (
                replica.GetProperty("role").GetString()!, stage.GetProperty("device").GetString()!, stage.GetProperty("firstLayer").GetInt32(),
                stage.GetProperty("layerCount").GetInt32(), stage.GetProperty("bytes").GetInt64()))));
        var predicted = root.GetProperty("predicted");
        Assert.Equal(
            (plan.Prediction!.MeanWaitSeconds, plan.Prediction.P90WaitSeconds, plan.Prediction.TtftSeconds, plan.Prediction.TpotSeconds, plan.Prediction.CapacityRequestsPerSecond),
            (predicted.GetProperty("meanWaitSeconds").GetDouble(), predicted.GetProperty("p90WaitSeconds").GetDouble(), predicted.GetProperty("ttftSeconds").GetDouble(),
                predicted.GetProperty("tpotSeconds").GetDouble(), predicted.GetProperty("capacityRequestsPerSecond").GetDouble()));
        var certificate = root.GetProperty("certificate");
        Assert.Equal(("wait", 0.0), (certificate.GetProperty("objective").GetString(), certificate.GetProperty("gapPercent").GetDouble()));
        Assert.Equal(plan.Certificates[0].Method, certificate.GetProperty("method").GetString());
        Assert.Equal(plan.Unused.Length, root.GetProperty("unused").GetArrayLength());
    }

    [Fact]
    public async Task Json_SameRequestTwice_IsTheSameText()
    {
        string[] arguments = [.. PlanTool.Demo, "--planner", "e2llm,random", "--seed", "7", "--json"];

        Assert.Equal(await PlanTool.RunAsync(arguments), await PlanTool.RunAsync(arguments));
    }

    [Fact]
    public async Task Json_AllPlannersOnTheDemoFleet_StandSideBySideAndAreAllPredicted()
    {
        using var document = JsonDocument.Parse(await PlanTool.RunAsync([.. PlanTool.Demo, "--objective", "capacity", "--planner", "all", "--json"]));
        var plans = document.RootElement.GetProperty("plans").EnumerateArray().ToList();

        Assert.Equal("e2llm", plans[0].GetProperty("planner").GetString());
        Assert.Equal(E2LLM.Planning.PlannerRegistry.Names.Order(), plans.Select(plan => plan.GetProperty("planner").GetString()!).Order());
        Assert.All(plans, plan => Assert.True(plan.GetProperty("predicted").GetProperty("capacityRequestsPerSecond").GetDouble() > 0));
        Assert.All(plans, plan => Assert.Equal("capacity", plan.GetProperty("certificate").GetProperty("objective").GetString()));
        Assert.False(document.RootElement.TryGetProperty("replicas", out _));
    }

    [Fact]
    public async Task Json_UnlimitedLinks_AreNullAndNeverInfinity()
    {
        using var files = new PlanFiles();
        var fleet = files.Write("fleet.json", """{ "devices": [ { "id": "a", "memory": "30 MiB" }, { "id": "b", "memory": "30 MiB" } ] }""");

        using var document = JsonDocument.Parse(await PlanTool.RunAsync("--fleet", fleet, "--model", "e2llm-demo", "--workload", "64/96", "--json"));

        Assert.Equal(JsonValueKind.Null, document.RootElement.GetProperty("fleet").GetProperty("defaultBandwidthBytesPerSecond").ValueKind);
        Assert.Contains("core-i3-1315u", document.RootElement.GetProperty("source").GetString());
    }

    [Theory]
    [InlineData("paper-testbed")]
    [InlineData("pi-and-jetson")]
    public async Task Json_SmallPresetsAndWorkloads_AllPlanWithinMemory(string fleet)
    {
        foreach (var workload in E2LLM.Planning.Workloads.WorkloadPresets.Names)
        {
            using var document = JsonDocument.Parse(await PlanTool.RunAsync(
                "--fleet", fleet, "--model", "llama-3-8b-q4", "--workload", workload, "--objective", "capacity", "--time-limit", "60", "--json"));
            var stages = document.RootElement.GetProperty("replicas").EnumerateArray().SelectMany(replica => replica.GetProperty("stages").EnumerateArray()).ToList();

            Assert.NotEmpty(stages);
            Assert.All(stages, stage => Assert.InRange(stage.GetProperty("bytes").GetInt64(), 1, stage.GetProperty("memoryBytes").GetInt64()));
        }
    }

    [Fact]
    public void Explanation_SlowestStage_SetsTheReplicasRate()
    {
        foreach (var objective in Enum.GetValues<PlanObjective>())
        {
            var outcome = PlanRequests.Plan(PlanRequests.Testbed(objective).Request);
            Assert.All(outcome.Plan!.Replicas.Zip(outcome.Explanation!.Replicas), pair => Assert.Equal(
                1 / pair.First.RequestsPerSecond, Math.Max(pair.Second.SlotSeconds, pair.Second.Stages.Max(stage => stage.RequestSeconds)), 1e-9));
        }
    }
}
