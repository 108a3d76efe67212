using System.Diagnostics.Metrics;

namespace E2LLM.Benchmarks.Scale;

/// <summary>Bytes of all messages that Orleans has sent from this process to others, by its own meter.</summary>
internal sealed class MessageBytes : IDisposable
{
    private const string Instrument = "orleans-messaging-sent-messages-size";

    private readonly MeterListener _listener = new();
    private long _bytes;

    public MessageBytes()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == Instrument || instrument.Name == Instrument + "-sum")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Take(instrument, value));
        _listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => Take(instrument, value));
        _listener.Start();
    }

    public long Read()
    {
        _listener.RecordObservableInstruments();
        return Interlocked.Read(ref _bytes);
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>The sum of an aggregator comes as a whole, single messages one by one.</summary>
    private void Take(Instrument instrument, long value)
    {
        if (instrument.IsObservable)
            Interlocked.Exchange(ref _bytes, value);
        else
            Interlocked.Add(ref _bytes, value);
    }
}
