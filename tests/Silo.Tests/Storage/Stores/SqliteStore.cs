using E2LLM.Silo.Storage;
using Microsoft.Data.Sqlite;

namespace E2LLM.Silo.Tests.Storage.Stores;

/// <summary>The journal in a silo's folder. It goes away by its table having another name.</summary>
internal sealed class SqliteStore(string folder) : ITestStore
{
    public IReadOnlyList<string> Arguments => [];

    public Task TakeAwayAsync() => RenameAsync("GrainState", "Elsewhere");

    public Task BringBackAsync() => RenameAsync("Elsewhere", "GrainState");

    public ValueTask DisposeAsync()
    {
        SqliteConnection.ClearAllPools();
        return ValueTask.CompletedTask;
    }

    private async Task RenameAsync(string from, string to)
    {
        await using var connection = new SqliteConnection(JournalSchema.ConnectionString(Path.Combine(folder, JournalFile.Name)));
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"ALTER TABLE {from} RENAME TO {to};";
        await command.ExecuteNonQueryAsync();
    }
}
