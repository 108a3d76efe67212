using E2LLM.Cli.Tests.Processes;
using E2LLM.Cli.Tests.Serving;

namespace E2LLM.Cli.Tests.Client;

public sealed class ClientSignalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>A library that takes the signals of its program keeps it from ending.</summary>
    [Fact]
    public async Task Program_SignalledWithItsClientOpen_Ends()
    {
        await using var silo = await ServingSilo.StartAsync(_folder, []);
        foreach (var (signal, exitCode) in new[] { ("TERM", 143), ("INT", 130) })
        {
            await using var program = CliProcess.Start(typeof(OpenClientProgram).Assembly, [], silo.OrleansGateway);
            await program.WaitForOutputAsync("connected to e2llm-demo-q8_0");

            await program.SignalAsync(signal);

            Assert.Equal(exitCode, (await program.WaitForExitAsync()).ExitCode);
        }
    }
}
