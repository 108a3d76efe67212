using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using E2LLM.Core.Errors;
using E2LLM.Gateway.Telemetry;
using E2LLM.Gateway.Tests.Fakes;
using E2LLM.Gateway.Tests.Hosting;
using E2LLM.Gateway.Tests.OpenAi;

namespace E2LLM.Gateway.Tests.Telemetry;

[Collection(GatewayCollection.Name)]
public sealed class GatewayInstrumentsTests(GatewayFixture gateway)
{
    [Fact]
    public async Task Chat_Answered_RecordsTimesAndTokens()
    {
        var model = gateway.Fleet.Add(Scripts.Says("Hel", "lo"));

        var values = await MeasureAsync(model);

        Assert.Equal(5, Assert.Single(values, Is("gen_ai.client.token.usage", ("gen_ai.token.type", "output"))).Value);
        Assert.Equal(19, Assert.Single(values, Is("gen_ai.client.token.usage", ("gen_ai.token.type", "input"))).Value);
        Assert.Single(values, Is("gen_ai.server.time_to_first_token", ("gen_ai.operation.name", "chat")));
        Assert.Single(values, Is("gen_ai.server.time_per_output_token", ("gen_ai.provider.name", "e2llm")));
        var request = Assert.Single(values, Is("gen_ai.server.request.duration", ("gen_ai.request.model", model.Id)));
        Assert.DoesNotContain("error.type", request.Tags.Keys);
    }

    [Fact]
    public async Task Chat_Refused_RecordsTheError()
    {
        var model = gateway.Fleet.Add(Scripts.Throws(new OverloadedException("full")));

        var values = await MeasureAsync(model);

        Assert.Single(values, Is("gen_ai.server.request.duration", ("error.type", nameof(OverloadedException))));
        Assert.Single(values);
    }

    private async Task<List<Measurement>> MeasureAsync(FakeModel model)
    {
        var values = new ConcurrentQueue<Measurement>();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == GatewayInstruments.MeterName)
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.Start();
        using var response = await gateway.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id));
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(20));
        return [.. values];

        void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var measurement = new Measurement(instrument.Name, value, new(tags.ToArray()));
            if (measurement.Tags["gen_ai.request.model"]!.Equals(model.Id))
                values.Enqueue(measurement);
            if (instrument.Name == "gen_ai.server.request.duration")
                ended.TrySetResult();
        }
    }

    private static Predicate<Measurement> Is(string name, (string Key, string Value) tag) =>
        measurement => measurement.Name == name && tag.Value.Equals(measurement.Tags.GetValueOrDefault(tag.Key));

    private sealed record Measurement(string Name, double Value, Dictionary<string, object?> Tags);
}
