using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace E2LLM.Silo.Storage;

/// <summary>
/// Connections to the journal that leave nothing behind in it: SQLite marks what is deleted, or written anew, as free, and a prompt
/// would be readable in the file until something else comes to lie there. These overwrite it with zeros.
/// </summary>
/// <remarks>Not a property of the file: every connection that writes has to say so itself.</remarks>
/// <param name="connectionString">Of the journal.</param>
internal sealed class JournalSource(string connectionString) : DbDataSource
{
    public override string ConnectionString => connectionString;

    /// <exception cref="SqliteException">The file cannot be opened.</exception>
    public static SqliteConnection Open(string connectionString)
    {
        var connection = new ForgettingConnection(connectionString);
        connection.Open();
        return connection;
    }

    protected override DbConnection CreateDbConnection() => new ForgettingConnection(connectionString);

    private sealed class ForgettingConnection(string connectionString) : SqliteConnection(connectionString)
    {
        public override void Open()
        {
            base.Open();
            using var command = CreateCommand();
            command.CommandText = "PRAGMA secure_delete = ON;";
            command.ExecuteNonQuery();
        }
    }
}
