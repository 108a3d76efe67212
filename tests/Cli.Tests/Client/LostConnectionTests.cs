using System.Globalization;
using System.Net;
using System.Net.Sockets;
using E2LLM.Cli.Tests.Processes;
using E2LLM.Cli.Tests.Serving;
using E2LLM.Client;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;

namespace E2LLM.Cli.Tests.Client;

/// <summary>Every way of losing a silo ends with an error of our own, within seconds.</summary>
public sealed class LostConnectionTests : IDisposable
{
    /// <summary>Orleans' own time-out of a call is 30 s.</summary>
    private static readonly TimeSpan Seconds = TimeSpan.FromSeconds(15);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Connect_PortThatTakesConnectionsAndSaysNothing_FailsInItsTime()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();

        await AssertNoSiloAsync((IPEndPoint)silent.LocalEndpoint);
    }

    [Fact]
    public async Task Connect_PortBetweenSilos_FailsInItsTime()
    {
        var port = FreePort();
        await using var silo = await ServingSilo.StartAsync(
            _folder, new() { ["E2LLM:Silo:SiloPort"] = port.ToString(CultureInfo.InvariantCulture) });

        await AssertNoSiloAsync(new IPEndPoint(IPAddress.Loopback, port));
    }

    [Fact]
    public async Task Stream_SiloKilledOnTheWay_FailsWithAnErrorThatMayBeRetried()
    {
        await using var silo = await ServingSilo.StartAsync(_folder, [], "--fleet", _folder.Write("slow.json", ServingSilo.SlowFleet));
        await using var ask = CliProcess.Start("ask", "Tell me a story.", "--gateway", silo.OrleansGateway);
        await using var client = await ConnectAsync(IPEndPoint.Parse(silo.OrleansGateway), seconds: 60);
        var request = new ChatRequest
        {
            Id = E2LlmClient.NewRequestId(),
            ModelId = (await client.GetModelsAsync()).Single(),
            Prompt = "Once upon a time",
            MaxTokens = 300,
        };
        await using var deltas = client.StreamAsync(request).GetAsyncEnumerator();
        Assert.True(await deltas.MoveNextAsync());
        await ask.WaitForOutputAsync(" ");

        await silo.Process.SignalAsync("KILL");
        var killedAt = TimeProvider.System.GetTimestamp();
        var error = await Assert.ThrowsAsync<E2LlmException>(async () =>
        {
            while (await deltas.MoveNextAsync())
                Assert.NotEqual("", request.Id);
        });
        var run = await ask.WaitForExitAsync();

        Assert.True(error.MayRetry);
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("e2llm: The connection to the fleet was lost", run.Error);
        Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.InRange(TimeProvider.System.GetElapsedTime(killedAt), TimeSpan.Zero, Seconds);
        error = await Assert.ThrowsAsync<E2LlmException>(() => client.GetStatusAsync(request.ModelId));
        Assert.True(error.MayRetry);
        Assert.InRange(TimeProvider.System.GetElapsedTime(killedAt), TimeSpan.Zero, Seconds);
    }

    private static async Task AssertNoSiloAsync(IPEndPoint address)
    {
        var start = TimeProvider.System.GetTimestamp();

        var error = await Assert.ThrowsAsync<E2LlmException>(() => ConnectAsync(address, seconds: 3));

        Assert.True(error.MayRetry);
        Assert.Contains(address.ToString(), error.Message);
        Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.Zero, Seconds);
    }

    private static Task<E2LlmClient> ConnectAsync(IPEndPoint address, double seconds) =>
        E2LlmClient.ConnectAsync(new E2LlmClientOptions { Gateways = [address], ConnectTimeoutSeconds = seconds });

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
