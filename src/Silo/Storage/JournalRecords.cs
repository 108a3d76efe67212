using System.Data.Common;

namespace E2LLM.Silo.Storage;

/// <summary>
/// A journal whose records can be looked through, and not only asked for one by one: those of SQLite and PostgreSQL, which have a table
/// GrainState of the same columns.
/// </summary>
/// <param name="Source">Connections to it.</param>
/// <param name="ServiceId">Of the cluster; several may share a database.</param>
internal sealed record JournalRecords(DbDataSource Source, string ServiceId);
