using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Planning.Comparison;
using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Judging;

namespace E2LLM.Cli.Planning;

/// <summary>Runs the planners that were asked for, one after the other.</summary>
internal sealed class PlannerRun
{
    private readonly PlanSettings _settings;
    private readonly PlanRequest _request;
    private readonly TimeProvider _time;
    private readonly PlanningProgress _progress;
    private readonly PlanTrials _trials = new(new SimulationOptions());
    private readonly SimulationJudge _judge;

    public PlannerRun(PlanSettings settings, PlanRequest request, TimeProvider time)
    {
        (_settings, _request, _time) = (settings, request, time);
        (_progress, _judge) = (new PlanningProgress(time), new SimulationJudge(_trials));
    }

    /// <summary>One outcome a planner, in their order; at least one has a plan.</summary>
    /// <exception cref="PlanningException">None has: says why of the first.</exception>
    public async Task<IReadOnlyList<PlannedOutcome>> RunAsync(CancellationToken cancellationToken)
    {
        var outcomes = new List<PlannedOutcome>();
        using var shared = PlannerComparison.Run(_request, _settings.Planners, cancellationToken, _progress, _judge).GetEnumerator();
        foreach (var name in _settings.Planners)
        {
            var position = _settings.Planners.Count == 1 ? "" : $" ({outcomes.Count + 1} of {_settings.Planners.Count})";
            var outcome = await _progress.ShowAsync($"planning with {name}{position}", () => _settings.TimeLimitSeconds is { } seconds
                ? Limited(name, seconds, cancellationToken)
                : shared.MoveNext() ? shared.Current : throw new InvalidOperationException($"The comparison ended before planner '{name}'."));
            outcomes.Add(PlannedOutcome.Of(_request, outcome, _trials, cancellationToken));
        }
        return outcomes.Exists(outcome => outcome.Plan is not null) ? outcomes : throw new PlanningException(outcomes[0].Refusal!);
    }

    // With prices and tables of its own: those that a limit has cut short must not reach the next planner.
    private PlanOutcome Limited(string name, double seconds, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(seconds), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return PlannerComparison.Run(_request, [name], either.Token, _progress, _judge).Single();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new PlanOutcome(name, null, FormattableString.Invariant(
                $"Nothing planned: planner '{name}' was not done within --time-limit {seconds:G3} s. Give it more, or take a planner that does less."));
        }
    }
}
