using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using E2LLM.Cli.Tests.Processes;
using Xunit.Abstractions;

namespace E2LLM.Cli.Tests.Serving;

/// <summary>
/// Each of three silos started anew, one after the other, while clients send one request after the other. A client asks another silo where one
/// does not take its request, as a load balancer does; a request that was taken has to be answered to its end.
/// </summary>
public sealed class RollingRestartTests(ITestOutputHelper output)
{
    private const int Clients = 3;

    private readonly Lock _gate = new();
    private readonly List<string> _failures = [];
    private int _answers;
    private int _turnedAway;

    [LongFact]
    public async Task RollingRestart_EachSiloDrainedFirst_FailsNoRequest() => await RestartAsync(async (by, name) =>
    {
        using var answer = await by.PostAsJsonAsync($"/v1/devices/{name}/drain", new { });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await StateAsync(by, name, "drained");
    });

    [LongFact]
    public async Task RollingRestart_EachSiloToldToStop_FailsNoRequest() => await RestartAsync((_, _) => Task.CompletedTask);

    private async Task RestartAsync(Func<HttpClient, string, Task> prepare)
    {
        await using var fog = new ThreeSilos();
        HttpClient[] silos = [.. ThreeSilos.Names.Select(fog.Http)];
        await ThreeSilos.ServedAsync(silos[0]);
        using var over = new CancellationTokenSource();
        var clients = Enumerable.Range(0, Clients).Select(client => AskAsync(silos, client, over.Token)).ToArray();

        for (var index = 0; index < silos.Length; index++)
        {
            var (name, by) = (ThreeSilos.Names[index], silos[(index + 1) % silos.Length]);
            await prepare(by, name);
            await fog[name].SignalAsync("TERM");
            CliResult run = await fog[name].WaitForExitAsync();
            Assert.True(run.ExitCode == 0, run.Error);
            await fog[name].DisposeAsync();
            fog.Start(name);
            await ThreeSilos.ServedAsync(silos[index]);
            await StateAsync(by, name, "offered");
            lock (_gate)
                output.WriteLine($"{name} is back: {_answers} answers, {_turnedAway} times another silo, {_failures.Count} failures");
        }
        await over.CancelAsync();
        await Task.WhenAll(clients);
        foreach (var http in silos)
            http.Dispose();

        foreach (var failure in _failures)
            output.WriteLine(failure);
        Assert.Empty(_failures);
        Assert.True(_answers > 3 * Clients, $"{_answers} answers prove little.");
    }

    private static Task StateAsync(HttpClient by, string device, string state) => ThreeSilos.UntilAsync(async () =>
    {
        using var answer = await by.GetAsync("/v1/devices");
        if (answer.StatusCode != HttpStatusCode.OK)
            return false; // it is asked while its grain moves
        var fleet = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return fleet.GetProperty("models")[0].GetProperty("devices").EnumerateArray()
            .Any(known => known.GetProperty("id").GetString() == device && known.GetProperty("state").GetString() == state);
    });

    private async Task AskAsync(HttpClient[] silos, int first, CancellationToken over)
    {
        for (var silo = first; !over.IsCancellationRequested; silo++)
        {
            try
            {
                var (status, body) = await ThreeSilos.AskAsync(silos[silo % silos.Length], stream: true);
                var isWhole = status == HttpStatusCode.OK && body.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal) && !body.Contains("\"error\"", StringComparison.Ordinal);
                lock (_gate)
                    if (isWhole)
                        _answers++;
                    else if (status != HttpStatusCode.ServiceUnavailable)
                        _failures.Add($"{status}: {body[^Math.Min(body.Length, 600)..]}");
                if (status == HttpStatusCode.ServiceUnavailable)
                    await TurnedAwayAsync();
            }
            catch (HttpRequestException error) when (error.HttpRequestError == HttpRequestError.ConnectionError)
            {
                await TurnedAwayAsync(); // nobody listens there
            }
            catch (HttpRequestException error)
            {
                lock (_gate)
                    _failures.Add(error.ToString());
            }
        }
    }

    private Task TurnedAwayAsync()
    {
        Interlocked.Increment(ref _turnedAway);
        return Task.Delay(ThreeSilos.LookPause, TimeProvider.System);
    }
}
