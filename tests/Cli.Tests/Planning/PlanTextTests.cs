using E2LLM.Planning;

namespace E2LLM.Cli.Tests.Planning;

public sealed class PlanTextTests
{
    private const int MaxColumns = 120;

    [Fact]
    public async Task Text_OnePlanner_ShowsEveryDeviceThePredictionAndTheProofWithinTheWidth()
    {
        var text = await PlanTool.RunAsync([.. PlanTool.Testbed, "--objective", "capacity"]);

        Assert.All(PlanRequests.Testbed().Request.Fleet.Devices, device => Assert.Contains(device.Id, text));
        Assert.Contains("predicted from analytic profiles", text);
        Assert.All(["TTFT", "TPOT", "P90 wait", "mean wait", "capacity"], word => Assert.Contains(word, text));
        Assert.Contains("within 0 % of the optimum (proved", text);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, MaxColumns));
    }

    [Fact]
    public async Task Text_AllPlannersOnTheDemoFleet_StandInOneTableWithinTheWidth()
    {
        var text = await PlanTool.RunAsync([.. PlanTool.Demo, "--planner", "all"]);

        Assert.All(PlannerRegistry.Names, name => Assert.Contains(name, text));
        Assert.Contains("every device taken for a core-i3-1315u", text);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, MaxColumns));
    }

    [Fact]
    public async Task Text_PlannerThatFails_SaysWhyBesideTheOthers()
    {
        var text = await PlanTool.RunAsync("--fleet", "unlike-16", "--model", "gpt-oss-20b", "--workload", "extended", "--planner", "splitwise,exact");

        Assert.Contains("splitwise", text);
        Assert.Contains("too many", text);
    }

    [Fact]
    public async Task Text_ModelWithWindows_SaysWhereSlicesBegin() =>
        Assert.Contains("slices begin at multiples of 2 layers", await PlanTool.RunAsync(PlanTool.Testbed));

    [Theory]
    [InlineData("", "the fleet has no defaultLink, so its network is taken for infinitely fast")]
    [InlineData(""" "links": [ { "from": "a", "to": "b", "bandwidth": "1 Gbit/s", "oneWay": true } ], """, "so the network between 1 of 2 ordered pairs of devices is taken for infinitely fast")]
    [InlineData(""" "links": [ { "from": "a", "to": "b", "bandwidth": "1 Gbit/s" } ], """, null)]
    [InlineData(""" "defaultLink": { "bandwidth": "1 Gbit/s" }, """, null)]
    public async Task Text_FleetWithoutDefaultLink_SaysThatItsNetworkIsInfinitelyFast(string links, string? note)
    {
        using var files = new PlanFiles();
        var fleet = files.Write("fleet.json", $$"""{ {{links}} "devices": [ { "id": "a", "memory": "1 GiB" }, { "id": "b", "memory": "1 GiB" } ] }""");

        var text = await PlanTool.RunAsync(["--fleet", fleet, .. PlanTool.Demo[2..]]);

        var flat = string.Join(' ', text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
        if (note is null)
            Assert.DoesNotContain("infinitely fast", flat);
        else
            Assert.Contains(note, flat);
    }

    [Fact]
    public async Task Text_OneDevice_IsNotCalledDevices()
    {
        using var files = new PlanFiles();
        var fleet = files.Write("fleet.json", """{ "devices": [ { "id": "a", "memory": "1 GiB" } ] }""");

        var text = await PlanTool.RunAsync(["--fleet", fleet, .. PlanTool.Demo[2..]]);

        Assert.Contains("(1 device)", text);
        Assert.DoesNotContain("1 devices", text);
        Assert.DoesNotContain("infinitely fast", text);
    }

    [Fact]
    public async Task List_ShowsPresetsOfEveryKind()
    {
        var text = await PlanTool.RunAsync("--list");

        Assert.All(
            ["raspberry-pi-5", "paper-testbed", "demo", "gpt-oss-20b", "llama-3.2-1b", "extended", "e2llm-paper"],
            name => Assert.Contains($"  {name}", text));
    }
}
