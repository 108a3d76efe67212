using System.Net;
using System.Net.Http.Json;
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
    private TimeSpan _longestPause;

    [LongFact]
    public async Task RollingRestart_EachSiloDrainedFirst_FailsNoRequest() => await RestartAsync(async (by, name) =>
    {
        using var answer = await by.PostAsJsonAsync($"/v1/devices/{name}/drain", new { });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await ThreeSilos.StateAsync(by, name, "drained");
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
        var steps = new Steps(output);

        for (var index = 0; index < silos.Length; index++)
        {
            var (name, by) = (ThreeSilos.Names[index], silos[(index + 1) % silos.Length]);
            await steps.TakeAsync($"{name} is prepared", prepare(by, name));
            await fog[name].SignalAsync("TERM");
            CliResult run = await steps.TakeAsync($"{name} has ended", fog[name].WaitForExitAsync());
            Assert.True(run.ExitCode == 0, run.Error);
            await fog[name].DisposeAsync();
            fog.Start(name);
            await steps.TakeAsync($"{name} serves", ThreeSilos.ServedAsync(silos[index]));
            await steps.TakeAsync($"{name} is offered", ThreeSilos.StateAsync(by, name, "offered"));
            lock (_gate)
                output.WriteLine($"{name} is back: {_answers} answers, {_turnedAway} times another silo, {_failures.Count} failures, longest pause of a client {_longestPause.TotalSeconds:F1} s");
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

    private async Task AskAsync(HttpClient[] silos, int first, CancellationToken over)
    {
        var answeredAt = TimeProvider.System.GetTimestamp();
        for (var silo = first; !over.IsCancellationRequested; silo++)
        {
            try
            {
                var (status, body) = await ThreeSilos.AskAsync(silos[silo % silos.Length], stream: true);
                var isWhole = status == HttpStatusCode.OK && body.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal) && !body.Contains("\"error\"", StringComparison.Ordinal);
                if (isWhole)
                    answeredAt = Answered(answeredAt);
                else if (status != HttpStatusCode.ServiceUnavailable)
                    Failed($"{status}: {body[^Math.Min(body.Length, 600)..]}");
                else
                    await TurnedAwayAsync();
            }
            catch (HttpRequestException error) when (error.HttpRequestError == HttpRequestError.ConnectionError)
            {
                await TurnedAwayAsync(); // nobody listens there
            }
            catch (HttpRequestException error)
            {
                Failed(error.ToString());
            }
            catch (OperationCanceledException error)
            {
                Failed($"No answer in time: {error.Message}");
            }
        }
    }

    /// <returns>The time of it.</returns>
    private long Answered(long lastAt)
    {
        var now = TimeProvider.System.GetTimestamp();
        var pause = TimeProvider.System.GetElapsedTime(lastAt, now);
        lock (_gate)
        {
            _answers++;
            _longestPause = pause > _longestPause ? pause : _longestPause;
        }
        return now;
    }

    private void Failed(string what)
    {
        lock (_gate)
            _failures.Add($"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {what}");
    }

    private Task TurnedAwayAsync()
    {
        Interlocked.Increment(ref _turnedAway);
        return Task.Delay(ThreeSilos.LookPause, TimeProvider.System);
    }
}
