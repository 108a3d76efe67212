using E2LLM.Clustering;
using E2LLM.Silo.Tests.Servers;
using StackExchange.Redis;

namespace E2LLM.Silo.Tests.Clustering;

public sealed class RedisServerTests(Redis server) : IClassFixture<Redis>
{
    [ServerFact]
    public async Task Check_ServerThatForgetsOverARestart_SaysWhatToSet()
    {
        Assert.Null(await CheckAsync());
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{server.ConnectionString},allowAdmin=true");
        await connection.GetServers()[0].ConfigSetAsync("appendonly", "no");

        Assert.Equal(
            "The Redis server of Option runs without an append-only file: a restart of it loses what was written last, or everything. Set 'appendonly yes' in its configuration.",
            await CheckAsync());
    }

    private Task<string?> CheckAsync() => RedisServer.CheckAsync(server.ConnectionString, "Option", CancellationToken.None);
}
