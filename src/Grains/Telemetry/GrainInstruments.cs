using System.Diagnostics.Metrics;
using E2LLM.Core.Engines;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Grains.Telemetry;

/// <summary>Metrics of the grains, on the meter "E2LLM".</summary>
public sealed class GrainInstruments
{
    public const string MeterName = "E2LLM";

    private readonly Histogram<double> _stageSeconds;
    private readonly Histogram<double> _waitSeconds;
    private readonly Counter<long> _tokens;
    private readonly Counter<long> _stepFailures;
    private readonly Counter<long> _prefixHits;
    private readonly Counter<long> _prefixHitTokens;
    private readonly Counter<long> _preemptions;

    public GrainInstruments(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _stageSeconds = meter.CreateHistogram<double>("e2llm.stage.duration", "s", "Time of one step in a stage's engine.");
        _waitSeconds = meter.CreateHistogram<double>("e2llm.queue.wait", "s", "Time of a request in a replica's queue.");
        _tokens = meter.CreateCounter<long>("e2llm.generated.tokens", "{token}", "Tokens sampled.");
        _stepFailures = meter.CreateCounter<long>("e2llm.step.failures", "{step}", "Steps that a stage failed to run or to forward.");
        _prefixHits = meter.CreateCounter<long>("e2llm.prefix.hits", "{request}", "Prompts whose beginning was shared and not read.");
        _prefixHitTokens = meter.CreateCounter<long>("e2llm.prefix.hit.tokens", "{token}", "Prompt tokens that were shared and not read.");
        _preemptions = meter.CreateCounter<long>("e2llm.preemptions", "{preemption}", "Requests that lost their slot because KV cells were short.");
    }

    public void OnStageStep(string deviceId, double seconds) =>
        _stageSeconds.Record(seconds, new KeyValuePair<string, object?>("e2llm.device", deviceId));

    /// <summary>A replica sends a step to its stages: what it says of requests that start, of prompts that are shared and of those that had to leave.</summary>
    public void OnStepIssued(StepPlan step)
    {
        foreach (var admitted in step.Admitted)
            _waitSeconds.Record(admitted.WaitSeconds);
        _preemptions.Add(step.Preempted.Length);
        foreach (var command in step.Commands)
            if (command.Kind == SequenceCommandKind.Copy)
            {
                _prefixHits.Add(1);
                _prefixHitTokens.Add(command.Positions);
            }
    }

    public void OnTokens(int count) => _tokens.Add(count);

    public void OnStepFailed(string deviceId) => _stepFailures.Add(1, new KeyValuePair<string, object?>("e2llm.device", deviceId));
}
