using System.Net;
using System.Net.Http.Json;
using E2LLM.Silo.Hosting;
using E2LLM.Silo.Tests.Fixtures;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace E2LLM.Silo.Tests.Hosting;

public sealed class WallClockTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    /// <summary>A machine without a clock of its own has its time set while it serves.</summary>
    [Theory]
    [InlineData(-24)]
    [InlineData(24)]
    public async Task Serve_ClockSetWhileServing_GoesOnAnswering(int hours)
    {
        var clock = new SettableClock();
        await using var app = await SiloHost.BuildAsync(
            [], host => (host.HttpPort, host.SiloPort, host.GatewayPort, host.DataDirectory) = (0, 0, 0, _folder.Path), clock, CancellationToken.None);
        await app.StartAsync();
        var target = app.Services.GetRequiredService<ServingTarget>();
        await app.Services.GetRequiredService<IGrainFactory>().GetGrain<Grains.Interfaces.Plans.IPlanGrain>(target.Model.Id).ApplyAsync(target.Fleet);
        using var http = new HttpClient { BaseAddress = new Uri(SiloHost.HttpAddress(app)) };

        clock.Move(TimeSpan.FromHours(hours));

        Assert.Equal(HttpStatusCode.OK, (await http.PostAsJsonAsync("/v1/completions", new { prompt = "Once", max_tokens = 2 })).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health")).StatusCode);
        await app.StopAsync();
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void SteadyTime_ClockSet_CountsOnFromWhereItWas(int hours)
    {
        var clock = new SettableClock();
        var steady = new SteadyTime(clock);
        var before = steady.GetUtcNow();

        clock.Move(TimeSpan.FromHours(hours));

        Assert.InRange(steady.GetUtcNow() - before, TimeSpan.Zero, TimeSpan.FromMinutes(30));
    }
}
