using E2LLM.Scheduling.Protocols.Plans;
using Orleans.Storage;

namespace E2LLM.Grains.Plans;

/// <summary>Writes a plan's records, one write at a time, and only what has changed.</summary>
internal sealed class PlanStore(IPersistentState<PlanJournal> journal)
{
    private PlanRecords? _written;
    private Task _last = Task.CompletedTask;

    public PlanRecords Read() => journal.State.Read();

    /// <param name="records">Asked for when the writes before this one are through.</param>
    /// <exception cref="InconsistentStateException">Somebody else has written records that go further.</exception>
    public Task WriteAsync(Func<PlanRecords> records) => _last = WriteAfterAsync(_last, records);

    /// <summary>Ends with the last write that has been asked for.</summary>
    public Task WrittenAsync() => _last;

    private async Task WriteAfterAsync(Task before, Func<PlanRecords> current)
    {
        // A write that failed is its caller's business; this one may not.
        await before.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        var records = current();
        if (records.Equals(_written))
            return;
        try
        {
            await PutAsync(records);
        }
        catch (InconsistentStateException)
        {
            // By a plan whose silo was taken for dead and was not yet, or by somebody who emptied the store.
            await journal.ReadStateAsync();
            var stored = journal.State.Read();
            if (stored.Generation > records.Generation || stored.Starts > records.Starts)
                throw;
            await PutAsync(records);
        }
        _written = records;
    }

    private Task PutAsync(PlanRecords records)
    {
        journal.State.Write(records);
        return journal.WriteStateAsync();
    }
}
