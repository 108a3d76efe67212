using System.Security.Cryptography;
using System.Text;
using E2LLM.Core.Errors;
using Npgsql;

namespace E2LLM.Clustering;

/// <summary>
/// A PostgreSQL database with tables of ours. Orleans' AdoNet providers read their queries from a table of the database itself; this
/// writes it, once a version.
/// </summary>
/// <remarks>
/// Silos that start together take turns by an advisory lock. A part that is there already in this version is left as it is, so a role
/// that may only read and write rows suffices from the second start on.
/// </remarks>
internal static class PostgresDatabase
{
    /// <summary>Any number that others are unlikely to lock: "E2LLM" in ASCII.</summary>
    private const long LockKey = 0x45324C4C4D;

    private const string Begin = """
        CREATE TABLE IF NOT EXISTS E2LlmSchema (Part text PRIMARY KEY, Fingerprint text NOT NULL);
        CREATE TABLE IF NOT EXISTS OrleansQuery (QueryKey text PRIMARY KEY, QueryText text NOT NULL);
        """;

    /// <summary>
    /// Seconds, where the string does not say more: to connect, for a statement, and between two looks at a connection that nothing goes over.
    /// Requests do not wait for their records, and whoever has one to write tries again himself.
    /// </summary>
    public static string ConnectionString(string given)
    {
        var (builder, untouched) = (new NpgsqlConnectionStringBuilder(given), new NpgsqlConnectionStringBuilder());
        if (builder.Timeout == untouched.Timeout)
            builder.Timeout = 5;
        if (builder.CommandTimeout == untouched.CommandTimeout)
            builder.CommandTimeout = 10;
        if (builder.KeepAlive == untouched.KeepAlive)
            builder.KeepAlive = 30;
        builder.ApplicationName ??= "e2llm";
        return builder.ConnectionString;
    }

    /// <summary>Makes a part's tables where they are missing, and writes its queries.</summary>
    /// <param name="connectionString">Of the database.</param>
    /// <param name="part">Its name: "clustering" or "journal".</param>
    /// <param name="tables">Statements that can be repeated.</param>
    /// <param name="queries">By the keys that the provider asks for.</param>
    /// <param name="what">The option that holds the string, for errors.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConfigurationException">It cannot be reached or written to, or belongs to another program.</exception>
    public static async Task ApplyAsync(
        string connectionString, string part, string tables, IReadOnlyList<(string Key, string Text)> queries, string what, CancellationToken cancellationToken)
    {
        try
        {
            // None of a pool, which may date from before the server's last start.
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString(connectionString)) { Pooling = false }.ConnectionString);
            await connection.OpenAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({LockKey});", [], cancellationToken);
            var isOurs = await ExistsAsync(connection, "e2llmschema", cancellationToken);
            if (!isOurs && await ExistsAsync(connection, "orleansquery", cancellationToken))
                throw new ConfigurationException($"The database of {what} holds the tables of another Orleans application. Give E2LLM a database, or a schema in the search path, of its own.");
            var fingerprint = Fingerprint(tables, queries);
            if (!isOurs || await FingerprintAsync(connection, part, cancellationToken) != fingerprint)
            {
                await ExecuteAsync(connection, Begin + tables, [], cancellationToken);
                foreach (var (key, text) in queries)
                    await ExecuteAsync(
                        connection,
                        "INSERT INTO OrleansQuery VALUES (@p0, @p1) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;",
                        [key, text],
                        cancellationToken);
                await ExecuteAsync(
                    connection,
                    "INSERT INTO E2LlmSchema VALUES (@p0, @p1) ON CONFLICT (Part) DO UPDATE SET Fingerprint = excluded.Fingerprint;",
                    [part, fingerprint],
                    cancellationToken);
            }
            await transaction.CommitAsync(cancellationToken);
        }
        catch (Exception error) when (StoreFailure.IsOf(error) && !cancellationToken.IsCancellationRequested)
        {
            throw new ConfigurationException($"The PostgreSQL database of {what} cannot be used: {StoreFailure.ReasonOf(error)}", error);
        }
    }

    private static async Task<bool> ExistsAsync(NpgsqlConnection connection, string table, CancellationToken cancellationToken) =>
        await ScalarAsync(connection, "SELECT to_regclass(@p0)::text;", [table], cancellationToken) is string;

    private static async Task<string?> FingerprintAsync(NpgsqlConnection connection, string part, CancellationToken cancellationToken) =>
        await ScalarAsync(connection, "SELECT Fingerprint FROM E2LlmSchema WHERE Part = @p0;", [part], cancellationToken) as string;

    private static string Fingerprint(string tables, IEnumerable<(string Key, string Text)> queries) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes(tables + string.Concat(queries.Select(query => $"\0{query.Key}\0{query.Text}")))));

    private static async Task ExecuteAsync(NpgsqlConnection connection, string text, string[] values, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, text, values);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string text, string[] values, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, text, values);
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string text, string[] values)
    {
        var command = new NpgsqlCommand(text, connection);
        for (var index = 0; index < values.Length; index++)
            command.Parameters.AddWithValue($"p{index}", values[index]);
        return command;
    }
}
