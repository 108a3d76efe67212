using System.Diagnostics.Metrics;

namespace E2LLM.Grains.Telemetry;

/// <summary>Metrics of the grains, on the meter "E2LLM".</summary>
public sealed class GrainInstruments
{
    public const string MeterName = "E2LLM";

    private readonly Histogram<double> _stageSeconds;
    private readonly Histogram<double> _waitSeconds;
    private readonly Counter<long> _tokens;
    private readonly Counter<long> _stepFailures;

    public GrainInstruments(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _stageSeconds = meter.CreateHistogram<double>("e2llm.stage.duration", "s", "Time of one step in a stage's engine.");
        _waitSeconds = meter.CreateHistogram<double>("e2llm.queue.wait", "s", "Time of a request in a replica's queue.");
        _tokens = meter.CreateCounter<long>("e2llm.generated.tokens", "{token}", "Tokens sampled.");
        _stepFailures = meter.CreateCounter<long>("e2llm.step.failures", "{step}", "Steps that a stage failed to run or to forward.");
    }

    public void OnStageStep(string deviceId, double seconds) =>
        _stageSeconds.Record(seconds, new KeyValuePair<string, object?>("e2llm.device", deviceId));

    public void OnRequestStarted(double waitSeconds) => _waitSeconds.Record(waitSeconds);

    public void OnTokens(int count) => _tokens.Add(count);

    public void OnStepFailed(string deviceId) => _stepFailures.Add(1, new KeyValuePair<string, object?>("e2llm.device", deviceId));
}
