using Xunit.Abstractions;

namespace E2LLM.Cli.Tests.Serving;

public sealed class FogOfProcessesTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Fog_OfThreeProcesses_JoinsDrainsSurvivesAKillAndTakesBackWhoReturns()
    {
        var steps = new Steps(output);
        await using var fog = new ThreeSilos(missedProbes: 8);
        using var http = fog.Http("b");

        // Nothing is served before three silos are there.
        await steps.TakeAsync("served", ThreeSilos.ServedAsync(http));
        foreach (var name in ThreeSilos.Names)
            await steps.TakeAsync($"{name} is offered", ThreeSilos.StateAsync(http, name, "offered"));


        // What its device needs has come from the others, and it takes requests as they do.
        await steps.TakeAsync("c has weights", ThreeSilos.UntilAsync(async () => await ThreeSilos.HeldBytesAsync(http, "c") > 1_000_000));
        using (var gatewayOfC = fog.Http("c"))
            await steps.TakeAsync("c answers", ThreeSilos.AnswersAsync(gatewayOfC));

        // Whatever the plan does meanwhile, an answer comes whole.
        var running = ThreeSilos.AskAsync(http, stream: true);
        Assert.Equal(0, (await steps.TakeAsync("c is ordered away", fog.DevicesAsync("drain", by: "b", "c"))).ExitCode);
        Assert.EndsWith("data: [DONE]\n\n", (await steps.TakeAsync("an answer beside is whole", running)).Body);
        await steps.TakeAsync("c is drained", ThreeSilos.StateAsync(http, "c", "drained"));

        await fog["c"].SignalAsync("TERM");
        Assert.Equal(0, (await steps.TakeAsync("c has ended", fog["c"].WaitForExitAsync())).ExitCode);
        await steps.TakeAsync("c is forgotten", ThreeSilos.StateAsync(http, "c", null));
        await steps.TakeAsync("b answers", ThreeSilos.AnswersAsync(http));

        await fog["a"].SignalAsync("KILL");
        await steps.TakeAsync("a is away", ThreeSilos.StateAsync(http, "a", "away"));
        await fog["c"].DisposeAsync();
        fog.Start("c");
        await steps.TakeAsync("c is offered", ThreeSilos.StateAsync(http, "c", "offered"));
        await steps.TakeAsync("served", ThreeSilos.ServedAsync(http));
        await steps.TakeAsync("b answers", ThreeSilos.AnswersAsync(http));
    }
}
