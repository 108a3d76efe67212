using E2LLM.Core.Errors;
using StackExchange.Redis;

namespace E2LLM.Clustering;

/// <summary>A Redis server that keeps what must not be lost.</summary>
internal static class RedisServer
{
    /// <summary>
    /// Whoever has something to write tries again himself, so a call while the server is away fails at once instead of waiting in a queue,
    /// and one that it does not answer after seconds. A server that is away at some moment does not end the client.
    /// </summary>
    public static ConfigurationOptions Options(string connectionString)
    {
        var options = ConfigurationOptions.Parse(connectionString);
        options.AbortOnConnectFail = false;
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.ReconnectRetryPolicy = new LinearRetry(500);
        options.ClientName ??= "e2llm";
        return options;
    }

    /// <summary>Writes a key and deletes it again.</summary>
    /// <param name="connectionString">Of the server.</param>
    /// <param name="what">The option that holds it, for errors.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What its operator should know; null where nothing is amiss, or where the server does not tell.</returns>
    /// <exception cref="ConfigurationException">It cannot be reached or written to.</exception>
    public static async Task<string?> CheckAsync(string connectionString, string what, CancellationToken cancellationToken)
    {
        try
        {
            var options = Options(connectionString);
            options.AbortOnConnectFail = true;
            options.AllowAdmin = true; // for INFO alone
            await using var connection = await ConnectionMultiplexer.ConnectAsync(options).WaitAsync(cancellationToken);
            var database = connection.GetDatabase();
            RedisKey probe = "e2llm/probe";
            await database.StringSetAsync(probe, "", TimeSpan.FromMinutes(1)).WaitAsync(cancellationToken);
            await database.KeyDeleteAsync(probe).WaitAsync(cancellationToken);
            return await ForgetsAsync(connection)
                ? $"The Redis server of {what} runs without an append-only file: a restart of it loses what was written last, or everything. Set 'appendonly yes' in its configuration."
                : null;
        }
        catch (Exception error) when (StoreFailure.IsOf(error) && !cancellationToken.IsCancellationRequested)
        {
            throw new ConfigurationException($"The Redis server of {what} cannot be written to: {StoreFailure.ReasonOf(error)}", error);
        }
    }

    /// <summary>Servers that others run may not tell: what they keep is in their operator's hands.</summary>
    private static async Task<bool> ForgetsAsync(ConnectionMultiplexer connection)
    {
        try
        {
            var facts = await connection.GetServers().First(server => !server.IsReplica).InfoAsync("persistence");
            return facts.SelectMany(section => section).Any(fact => fact is { Key: "aof_enabled", Value: "0" });
        }
        catch (Exception error) when (error is RedisException or RedisCommandException or InvalidOperationException)
        {
            return false;
        }
    }
}
