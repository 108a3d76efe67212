using System.Collections.Immutable;
using E2LLM.Grains.Interfaces.Parts;
using E2LLM.Scheduling.Protocols.Parts;
using Microsoft.Extensions.Logging;

namespace E2LLM.Grains.Replicas;

/// <summary>Sends what the parts of a replica have for their readers, in one message for all parts of a reader. Runs in the grain's turns.</summary>
internal sealed partial class PartDeliveries(PartTable parts, string replicaKey, ILogger logger)
{
    private readonly Dictionary<string, IPartSink> _readers = [];

    /// <summary>From here on the reader can be reached.</summary>
    public void Meet(PartReaderId reader) => _readers[reader.Id] = reader.Sink;

    /// <summary>Forgets those who have no part here any more.</summary>
    public void ForgetReaders()
    {
        if (_readers.Count == 0)
            return;
        foreach (var gone in _readers.Keys.Except(parts.Readers).ToArray())
            _readers.Remove(gone);
    }

    /// <summary>Sends what has come up since the last time, and waits for nothing.</summary>
    public void SendDue()
    {
        foreach (var (reader, sendings) in parts.TakeDue())
            _ = DeliverAsync(reader, sendings);
    }

    private async Task DeliverAsync(string reader, ImmutableArray<PartSending> sendings)
    {
        try
        {
            await _readers[reader].DeliverAsync([.. sendings.Select(sending => new PartDelivery(sending.Part.Ticket, sending.From, sending.Updates))]);
            parts.Confirm(sendings);
        }
        catch (Exception exception)
        {
            LogDeliveryFailed(exception, replicaKey, reader);
            PartTable.Failed(sendings);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Replica {Replica}: a delivery to reader {Reader} may not have arrived. What it lacks, it asks for.")]
    private partial void LogDeliveryFailed(Exception exception, string replica, string reader);
}
