namespace E2LLM.Cli.Tests.Serving;

public sealed class FogOfProcessesTests
{
    [LongFact]
    public async Task Fog_OfThreeProcesses_JoinsDrainsSurvivesAKillAndTakesBackWhoReturns()
    {
        await using var fog = new ThreeSilos();
        using var http = fog.Http("b");

        // Nothing is served before three silos are there.
        await ThreeSilos.ServedAsync(http);
        foreach (var name in ThreeSilos.Names)
            await fog.StateAsync(by: "b", name, "offered");

        // What its device needs has come from the others, and it takes requests as they do.
        await ThreeSilos.UntilAsync(async () => await ThreeSilos.HeldBytesAsync(http, "c") > 1_000_000);
        using (var gatewayOfC = fog.Http("c"))
            await ThreeSilos.AnswersAsync(gatewayOfC);

        // Whatever the plan does meanwhile, an answer comes whole.
        var running = ThreeSilos.AskAsync(http, stream: true);
        Assert.Equal(0, (await fog.DevicesAsync("drain", by: "b", "c")).ExitCode);
        Assert.EndsWith("data: [DONE]\n\n", (await running).Body);
        await fog.StateAsync(by: "b", "c", "drained");

        await fog["c"].SignalAsync("TERM");
        Assert.Equal(0, (await fog["c"].WaitForExitAsync()).ExitCode);
        await fog.StateAsync(by: "b", "c", null);
        await ThreeSilos.AnswersAsync(http);

        await fog["a"].SignalAsync("KILL");
        await fog.StateAsync(by: "b", "a", "away");
        await fog["c"].DisposeAsync();
        fog.Start("c");
        await fog.StateAsync(by: "b", "c", "offered");
        await ThreeSilos.ServedAsync(http);
        await ThreeSilos.AnswersAsync(http);
    }
}
