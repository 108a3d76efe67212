using E2LLM.Scheduling.Protocols.Plans;

namespace E2LLM.Grains.Plans;

/// <summary>Writes a plan's records, one write at a time, and only what has changed.</summary>
internal sealed class PlanStore(IPersistentState<PlanJournal> journal)
{
    private PlanRecords? _written;
    private Task _last = Task.CompletedTask;

    public PlanRecords Read() => journal.State.Read();

    /// <param name="records">Asked for when the writes before this one are through.</param>
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
        journal.State.Write(records);
        await journal.WriteStateAsync();
        _written = records;
    }
}
