using E2LLM.Cli.Tests.Processes;
using E2LLM.Cli.Tests.Readme;

namespace E2LLM.Cli.Tests.Demo;

public sealed class DemoTextTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Demo_Once_WritesTablesAndAnswerToStandardOutputAlone()
    {
        var run = await CliProcess.RunAsync("demo", "Who are you?", "--once", "--data", _folder.Path, "--port", "0");

        Assert.Equal("", run.Error);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("Fleet demo", run.Output);
        Assert.Contains("Plan 1 by e2llm", run.Output);
        Assert.Contains("Who are you?", run.Output);
        Assert.Contains("Request on replica 1/r0", run.Output);
        Assert.DoesNotContain("OpenAI API", run.Output);
        var lines = run.Output.Split('\n').Select(line => line.TrimEnd()).ToArray();
        Assert.NotEqual("", lines[Array.IndexOf(lines, "Who are you?") + 1]);
    }

    [Fact]
    public async Task Demo_FleetForTwoPhases_ShowsTheHandOffOfTheCache()
    {
        var fleet = Path.Combine(ReadmeFile.Root, "fleets", "two-phase.json");
        var run = await CliProcess.RunAsync(
            "demo", "Who are you?", "--once", "--fleet", fleet, "--planner", "splitwise", "--data", _folder.Path, "--port", "0");

        Assert.Equal("", run.Error);
        Assert.Contains("PREFILL", run.Output);
        Assert.Contains("DECODER", run.Output);
        Assert.Matches(@"KV hand-off .* KiB from 1/r\d to 1/r\d", run.Output);
        Assert.Matches(@"wait .* until the prompt was begun, .* from the complete cache to the decode", run.Output);
    }

    [Fact]
    public async Task Demo_CtrlC_EndsIt()
    {
        await using var demo = CliProcess.Start("demo", "--max-tokens", "1", "--data", _folder.Path, "--port", "0");
        await demo.WaitForOutputAsync("Ctrl-C ends it.");

        await demo.SignalAsync("INT");
        var run = await demo.WaitForExitAsync();

        Assert.Contains(run.ExitCode, new[] { 0, 130 });
        Assert.Equal("", run.Error);
    }
}
