using System.Text.Json;
using System.Text.Json.Nodes;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans.Documents;

namespace E2LLM.Cli.Tests.Planning;

public sealed class PlanCompareTests
{
    [Fact]
    public async Task Compare_WithItsOwnDocument_FindsNoChange()
    {
        using var files = new PlanFiles();
        var old = files.Write("old.json", await PlanTool.RunAsync([.. PlanTool.Demo, "--json"]));

        var change = Change(await PlanTool.RunAsync([.. PlanTool.Demo, "--json", "--compare", old]));

        Assert.Equal((0L, 0), (change.GetProperty("movedBytes").GetInt64(), change.GetProperty("devices").GetArrayLength()));
        Assert.Equal((0.0, 0.0), (change.GetProperty("waitGainSeconds").GetDouble(), change.GetProperty("capacityGainRequestsPerSecond").GetDouble()));
    }

    [Fact]
    public async Task Compare_WithAWorsePlan_GivesBytesSecondsAndGain()
    {
        using var files = new PlanFiles();
        string[] testbed = [.. PlanTool.Testbed, "--objective", "capacity"];
        var old = files.Write("old.json", await PlanTool.RunAsync([.. testbed, "--planner", "random,memory-proportional", "--json"]));

        // The first plan of the document: none in it is by e2llm.
        var change = Change(await PlanTool.RunAsync([.. testbed, "--json", "--compare", old]));

        Assert.Equal("random", change.GetProperty("planner").GetString());
        var bytes = change.GetProperty("movedBytes").GetInt64();
        Assert.Equal(bytes, change.GetProperty("devices").EnumerateArray().Sum(device => device.GetProperty("receivedBytes").GetInt64()));
        Assert.True(bytes > 0);
        Assert.True(change.GetProperty("moveSeconds").GetDouble() > 0);
        Assert.True(change.GetProperty("capacityGainRequestsPerSecond").GetDouble() > 0);
        Assert.True(change.GetProperty("breakEvenSeconds").GetDouble() > 0);
    }

    [Fact]
    public async Task Compare_WithAPlanOfGoneDevices_SaysThatItCannotServe()
    {
        using var files = new PlanFiles();
        var json = await PlanTool.RunAsync([.. PlanTool.Testbed, "--json"]);
        var old = files.Write("old.json", json.Replace("rtx-5070-1", "rtx-gone", StringComparison.Ordinal));

        var change = Change(await PlanTool.RunAsync([.. PlanTool.Testbed, "--json", "--compare", old]));

        Assert.Contains("rtx-gone", change.GetProperty("verdict").GetString());
        Assert.Equal(JsonValueKind.Null, change.GetProperty("waitGainSeconds").ValueKind);
    }

    [Fact]
    public async Task Compare_Text_SaysWhatToMoveAndWhetherItPays()
    {
        using var files = new PlanFiles();
        var old = files.Write("old.json", await PlanTool.RunAsync([.. PlanTool.Testbed, "--planner", "random", "--json"]));

        var text = await PlanTool.RunAsync([.. PlanTool.Testbed, "--compare", old]);

        Assert.Contains("of weights to move", text);
        Assert.Contains("Change from the older plan by random", text);
    }

    [Fact]
    public async Task Compare_WithWhatARunningSiloAnswers_FindsNoChange()
    {
        using var files = new PlanFiles();
        var plan = JsonSerializer.Deserialize<Made>(await PlanTool.RunAsync([.. PlanTool.Demo, "--json"]), PlanJson.File)!;
        var served = new ServedPlans
        {
            Models =
            [
                new ServedPlan
                {
                    Model = "e2llm-demo",
                    Phase = "ready",
                    Ready = true,
                    Error = "",
                    Planner = plan.Planner,
                    Generation = 1,
                    Fleet = "demo",
                    Devices = [],
                    Replicas = [.. plan.Replicas.Select(Served)],
                    Unused = [],
                },
            ],
        };
        var old = files.Write("now.json", JsonSerializer.Serialize(served, PlanJson.Http));

        var change = Change(await PlanTool.RunAsync([.. PlanTool.Demo, "--json", "--compare", old]));

        Assert.Equal((0L, 0), (change.GetProperty("movedBytes").GetInt64(), change.GetProperty("devices").GetArrayLength()));
        Assert.Equal(0, change.GetProperty("waitGainSeconds").GetDouble(), 9);
    }

    [Theory]
    [InlineData("""{ "models": [] }""", "not for 'e2llm-demo'")]
    [InlineData("""{ "models": [ null, { "model": "other" } ] }""", "'other'")]
    [InlineData("""{ "models": [ { "model": "e2llm-demo", "planner": null, "replicas": [] } ] }""", "has no plan")]
    [InlineData("""{ "models": [ { "model": "e2llm-demo", "planner": "e2llm" } ] }""", "is no plan")]
    [InlineData("not JSON at all", "is no plan")]
    [InlineData("[1, 2]", "has no member 'format'")]
    [InlineData("{}", "has no member 'format'")]
    [InlineData("""{ "format": "e2llm-plan/99" }""", "must be 'e2llm-plan/2'")]
    [InlineData("""{ "format": "e2llm-plan/2", "model": { "id": "other" } }""", "'other'")]
    [InlineData("""{ "format": "e2llm-plan/2", "model": { "id": "e2llm-demo" } }""", "is no plan")]
    [InlineData("""{ "format": "e2llm-plan/2", "model": { "id": "e2llm-demo" }, "plans": [ { "planner": "exact", "error": "no" } ] }""", "holds no plan")]
    [InlineData("""{ "format": "e2llm-plan/2", "model": { "id": "e2llm-demo" }, "planner": "x", "replicas": [ null ] }""", "is no plan")]
    public async Task Compare_WithSomethingElse_IsRefused(string text, string reason)
    {
        using var files = new PlanFiles();
        var old = files.Write("old.json", text);

        var error = await Assert.ThrowsAsync<ConfigurationException>(() => PlanTool.RunAsync([.. PlanTool.Demo, "--compare", old]));

        Assert.Contains(reason, error.Message);
    }

    [Theory]
    [InlineData("firstLayer", 3)]
    [InlineData("layerCount", 0)]
    [InlineData("layerCount", int.MaxValue)]
    public async Task Compare_WithCutsThatMakeNoSense_IsRefused(string member, int value)
    {
        using var files = new PlanFiles();
        var document = JsonNode.Parse(await PlanTool.RunAsync([.. PlanTool.Demo, "--json"]))!;
        document["replicas"]![0]!["stages"]![0]![member] = value;
        var old = files.Write("old.json", document.ToJsonString());

        await Assert.ThrowsAsync<ConfigurationException>(() => PlanTool.RunAsync([.. PlanTool.Demo, "--compare", old]));
    }

    private static ServedReplica Served(PlannedReplica<PlannedStage> replica) => new()
    {
        Id = replica.Id,
        Role = replica.Role,
        DecodeConcurrency = replica.DecodeConcurrency,
        MicroBatches = replica.MicroBatches,
        PeriodSeconds = 0,
        MaxSequences = 1,
        MaxSequenceTokens = 1,
        Serving = true,
        FailedSteps = 0,
        LastFailure = "",
        QueuedRequests = 0,
        RunningRequests = 0,
        GeneratedTokens = 0,
        Kv = new ServedKv
        {
            Cells = 0,
            ReservedCells = 0,
            KeptCells = 0,
            PrefixLookups = 0,
            PrefixHits = 0,
            PrefixHitTokens = 0,
            PrefixEvictions = 0,
            Preemptions = 0,
        },
        Stages = [.. replica.Stages.Select(stage => new ServedStage
        {
            Device = stage.Device,
            FirstLayer = stage.FirstLayer,
            LayerCount = stage.LayerCount,
            WeightBytes = stage.WeightBytes,
            KvBytes = stage.KvBytes,
            ScratchBytes = stage.ScratchBytes,
            DecodeSeconds = 0,
            HopSeconds = 0,
        })],
    };

    /// <summary>What is read here of the tool's own document.</summary>
    private sealed record Made(string Planner, IReadOnlyList<PlannedReplica<PlannedStage>> Replicas);

    private static JsonElement Change(string json) => JsonDocument.Parse(json).RootElement.GetProperty("comparison");
}
