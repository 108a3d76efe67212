using System.Text.Json;
using E2LLM.Core.Errors;

namespace E2LLM.Cli.Tests.Simulating;

public sealed class SimulateChurnTests
{
    [Fact]
    public async Task Json_ADeviceThatLeavesAndComesBack_SaysWhatItCost()
    {
        using var json = JsonDocument.Parse(await SimulateTool.RunAsync([.. SimulateTool.Demo, "--rate", "50", "--leave", "fog-server@0.1", "--join", "fog-server@3", "--slow", "fog-server@4:2", "--json"]));
        var events = json.RootElement.GetProperty("experiment").GetProperty("fleetEvents").EnumerateArray().ToArray();
        Assert.Equal(["leaves", "joins", "slows"], events.Select(happens => happens.GetProperty("kind").GetString()));
        Assert.Equal(2, events[2].GetProperty("factor").GetDouble());
        var churn = json.RootElement.GetProperty("cells")[0].GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("churn")).ToArray();
        Assert.All(churn, run => Assert.Equal(0, run.GetProperty("lostRequests").GetArrayLength()));
        Assert.True(churn.Sum(run => run.GetProperty("replays").GetInt32()) > 0);
        Assert.True(churn.Sum(run => run.GetProperty("recomputedTokens").GetInt32()) > 0);
    }

    [Fact]
    public async Task Text_ADeviceThatLeaves_HasATableAndSaysWhen()
    {
        var text = await SimulateTool.RunAsync([.. SimulateTool.Demo, "--rate", "2", "--leave", "fog-server@2"]);
        Assert.Contains("read again", text);
        Assert.Contains("fog-server leaves at 2 s.", text);
    }

    [Theory]
    [InlineData("--leave", "fog-server")]
    [InlineData("--leave", "fog-server@-1")]
    [InlineData("--leave", "fog-server@1:2")]
    [InlineData("--join", "fog-server@x")]
    [InlineData("--slow", "fog-server@3")]
    [InlineData("--slow", "fog-server@3:0")]
    [InlineData("--slow", "fog-server@3:2,")]
    public void Parse_EventsThatAreNone_NamesOptionAndValue(string option, string value) =>
        Assert.Contains(SimulateTool.Errors([.. SimulateTool.Demo, option, value]), error => error.StartsWith($"{option} is '{value}'", StringComparison.Ordinal));

    [Theory]
    [InlineData("--html", "a.html")]
    [InlineData("--png", "a")]
    [InlineData("--chrome-trace", "a.json")]
    public void Parse_EventsWithATimeline_SaysThatTheyExcludeEachOther(string output, string value) =>
        Assert.Contains(SimulateTool.Errors([.. SimulateTool.Demo, "--leave", "fog-server@3", output, value]), error => error.StartsWith(output, StringComparison.Ordinal));

    [Theory]
    [InlineData("--leave", "nobody@3", "'nobody'")]
    [InlineData("--join", "fog-server@3", "has not left")]
    public async Task Run_EventsThatCannotHappen_SaysWhy(string option, string value, string said) =>
        Assert.Contains(said, (await Assert.ThrowsAnyAsync<E2LlmException>(() => SimulateTool.RunAsync([.. SimulateTool.Demo, option, value]))).Message);
}
