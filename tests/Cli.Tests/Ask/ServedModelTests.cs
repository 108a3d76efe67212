using E2LLM.Cli.Tests.Processes;
using E2LLM.Cli.Tests.Readme;
using E2LLM.Cli.Tests.Serving;

namespace E2LLM.Cli.Tests.Ask;

/// <summary>The commands that talk to a running silo, and what it serves.</summary>
public sealed class ServedModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AskAndStatus_NoModelNamed_TakeTheOneThatIsServed()
    {
        var model = Path.Combine(_folder.Path, "another-name.gguf");
        File.Copy(Path.Combine(ReadmeFile.Root, "models", "e2llm-demo-q8_0.gguf"), model);
        await using var silo = await ServingSilo.StartAsync(_folder, [], "--model", model);

        var ask = await CliProcess.RunAsync("ask", "What is a replica?", "--max-tokens", "4", "--gateway", silo.OrleansGateway);
        var status = await CliProcess.RunAsync("status", "--gateway", silo.OrleansGateway);
        var wrong = await CliProcess.RunAsync("status", "--model", "e2llm-demo-q8_0", "--gateway", silo.OrleansGateway);

        Assert.Equal((0, ""), (ask.ExitCode, ask.Error));
        Assert.Equal((0, ""), (status.ExitCode, status.Error));
        Assert.Contains("model another-name: ready", status.Output);
        Assert.Equal((1, "e2llm: --model is 'e2llm-demo-q8_0'; the silo serves another-name."), (wrong.ExitCode, wrong.Error.TrimEnd()));
    }

    [Fact]
    public async Task Status_NothingIsServed_IsAFailureThatSaysWhy()
    {
        var fleet = _folder.Write("small.json", """{ "name": "small", "devices": [{ "id": "watch", "memory": "1 MiB" }] }""");
        await using var serve = CliProcess.Start("serve", "--data", _folder.Path, "--port", "0", "--fleet", fleet);
        await serve.WaitForErrorAsync("Cannot serve ");
        var gateway = (await serve.WaitForOutputAsync("Orleans  ")).Split("Orleans", 2)[1].Trim();

        var status = await CliProcess.RunAsync("status", "--gateway", gateway);

        Assert.Equal(1, status.ExitCode);
        Assert.Contains("model e2llm-demo-q8_0: failed", status.Output);
        Assert.Contains("bytes short", status.Output);
    }
}
