using E2LLM.Cli.Tests.Processes;

namespace E2LLM.Cli.Tests.Serving;

public sealed class ServeCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>A service manager ends a silo with SIGTERM.</summary>
    [Fact]
    public async Task Serve_Terminated_EndsWithoutAnError()
    {
        await using var serve = CliProcess.Start("serve", "--data", _folder.Path, "--port", "0");
        await serve.WaitForErrorAsync("Serving e2llm-demo-q8_0 on fleet demo.");

        await serve.SignalAsync("TERM");
        var run = await serve.WaitForExitAsync();

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("OpenAI API  http://127.0.0.1:", run.Output);
        // The runtime may log that a grain of the last silo finds no other silo to go to.
        Assert.DoesNotContain("Unhandled", run.Error);
    }

    /// <summary>The user of a service often has no home.</summary>
    [Fact]
    public async Task Serve_WithoutAHomeThatCanBeMade_NeedsNoneWhereItsFolderIsNamed()
    {
        await using var serve = CliProcess.Start(new Dictionary<string, string> { ["HOME"] = "/dev/null/home" }, "serve", "--data", _folder.Path, "--port", "0");

        await serve.WaitForErrorAsync("Serving e2llm-demo-q8_0 on fleet demo.");
    }
}
