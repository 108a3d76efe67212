using System.Collections.Immutable;
using System.Globalization;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Planning;
using E2LLM.Planning.Comparison;
using E2LLM.Scheduling.Routing;
using E2LLM.Simulation.Churn;
using E2LLM.Simulation.Experiments.Figures;
using E2LLM.Simulation.Experiments.Sources;
using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Judging;
using E2LLM.Simulation.Results;
using E2LLM.Simulation.Timelines;

namespace E2LLM.Simulation.Experiments;

/// <summary>Plans with every planner at every rate, once, and simulates the plans over the same draws of requests.</summary>
/// <remarks>Runs are independent and are put in the order of their seeds, so the number of threads changes nothing.</remarks>
public sealed class Experiment
{
    private readonly ExperimentSpec _spec;

    /// <exception cref="ConfigurationException">A planner or the policy is unknown: lists the valid names.</exception>
    /// <exception cref="ArgumentException">The source has not that many requests, or gives the same for every seed.</exception>
    public Experiment(ExperimentSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentOutOfRangeException.ThrowIfLessThan(spec.Requests, 1, nameof(spec));
        ArgumentOutOfRangeException.ThrowIfLessThan(spec.Seeds, 1, nameof(spec));
        if (spec.Source.Available is { } available && spec.Requests > available)
            throw new ArgumentException($"{spec.Requests} requests were asked for; the source has {available}.", nameof(spec));
        if (!spec.Source.IsDrawn && spec.Seeds > 1)
            throw new ArgumentException($"{spec.Seeds} seeds were asked for; the source gives the same requests for each.", nameof(spec));
        if (spec.RoutingPolicy is { } policy)
            RoutingPolicies.Get(policy);
        foreach (var planner in spec.Planners)
            PlannerPolicies.CandidatesOf(planner);
        _spec = spec;
    }

    /// <summary>The cells by rate and then by planner, those of a rate when it is done.</summary>
    /// <param name="cancellationToken">Ends searches and runs.</param>
    /// <param name="progress">Told what is being done, for people; from any thread.</param>
    /// <exception cref="PlanningException">The request itself makes no sense. What a single planner refuses is in its cell.</exception>
    public IEnumerable<ExperimentCell> Run(CancellationToken cancellationToken, IProgress<string>? progress = null)
    {
        foreach (var rate in _spec.Rates)
        {
            var request = _spec.Request with { Workload = _spec.Source.Workload with { RequestsPerSecond = rate, HorizonRequests = _spec.Requests } };
            var outcomes = Plan(request, progress, cancellationToken);
            foreach (var cell in Simulate(request, outcomes, progress, cancellationToken))
                yield return cell;
        }
    }

    /// <summary>Runs the first seed of a cell once more, and keeps what its stages and links were at.</summary>
    /// <param name="cell">One of this experiment, with a plan, in a fleet that stays as it is.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public TimelineRecorder Record(ExperimentCell cell, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(cell);
        var recorder = new TimelineRecorder();
        Simulate(cell, cell.Plan!, Draw(cell.RequestsPerSecond, cell.MaxTokens, seed: 0), recorder, cancellationToken);
        return recorder;
    }

    private List<PlanOutcome> Plan(PlanRequest request, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        var outcomes = new List<PlanOutcome>();
        var step = new PlanningStep(progress);
        // As `plan` does it: by simulation, routed as a silo routes.
        using var planned = PlannerComparison.Run(request, _spec.Planners, cancellationToken, step, new SimulationJudge(new SimulationOptions())).GetEnumerator();
        foreach (var planner in _spec.Planners)
        {
            step.Begin(string.Create(CultureInfo.InvariantCulture, $"planning with {planner} at {request.Workload!.RequestsPerSecond:G4}/s"));
            if (planned.MoveNext())
                outcomes.Add(planned.Current);
        }
        return outcomes;
    }

    private ExperimentCell[] Simulate(PlanRequest request, List<PlanOutcome> outcomes, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        var rate = request.Workload!.RequestsPerSecond;
        // All planners meet the same requests, so the shortest sequence of any plan is the limit.
        var maxTokens = outcomes.Where(outcome => outcome.Plan is not null).SelectMany(outcome => outcome.Plan!.Replicas)
            .Select(replica => Math.Min(replica.Engine.MaxSequenceTokens, replica.Engine.KvCells)).DefaultIfEmpty(int.MaxValue).Min();
        ExperimentCell[] cells =
        [
            .. outcomes.Select(outcome => new ExperimentCell
            {
                Planner = outcome.Planner,
                RequestsPerSecond = rate,
                Request = request,
                RoutingPolicy = "",
                Plan = outcome.Plan,
                Refusal = outcome.Refusal,
                MaxTokens = maxTokens,
            }),
        ];
        int[] places = [.. Enumerable.Range(0, cells.Length).Where(place => cells[place].Plan is not null)];
        if (places.Length == 0)
            return cells;
        progress?.Report(string.Create(CultureInfo.InvariantCulture, $"settling routing policies at {rate:G4}/s"));
        var planned = RoutingChoice.Settle(_spec, [.. places.Select(place => cells[place])], cancellationToken);
        CutRequests[] draws = [.. Enumerable.Range(0, _spec.Seeds).Select(seed => Draw(rate, maxTokens, seed))];
        var runs = new SimulationResult[planned.Length * _spec.Seeds];
        var done = 0;
        Report();
        var threads = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = _spec.MaxThreads };
        Parallel.For(0, runs.Length, threads, index =>
        {
            var cell = planned[index / _spec.Seeds];
            runs[index] = Simulate(cell, cell.Plan!, draws[index % _spec.Seeds], null, cancellationToken);
            Interlocked.Increment(ref done);
            Report();
        });
        var cut = draws.Sum(draw => draw.Cut);
        for (var index = 0; index < planned.Length; index++)
            cells[places[index]] = WithRuns(planned[index], [.. runs.AsSpan(index * _spec.Seeds, _spec.Seeds)], cut);
        return cells;

        void Report() => progress?.Report(string.Create(CultureInfo.InvariantCulture, $"simulating at {rate:G4}/s, {done} of {runs.Length} runs done"));
    }

    private CutRequests Draw(double rate, int maxTokens, int seed) => CutRequests.To(_spec.Source.Take(rate, _spec.Requests, _spec.FirstSeed + seed), maxTokens);

    private SimulationResult Simulate(ExperimentCell cell, ServingPlan plan, CutRequests draw, ITimelineListener? timeline, CancellationToken cancellationToken)
    {
        var serving = new SimulationOptions { RoutingPolicy = cell.RoutingPolicy };
        return _spec.FleetEvents.Count == 0
            ? new FogSimulator(cell.Request, plan, serving, timeline).Run(draw.Requests, cancellationToken)
            : new LivingFog(cell.Request, plan, _spec.FleetEvents, new ChurnOptions { Serving = serving, Planner = PlannerRegistry.Get(cell.Planner) })
                .Run(draw.Requests, cancellationToken);
    }

    private static ExperimentCell WithRuns(ExperimentCell cell, ImmutableArray<SimulationResult> runs, int cut) =>
        cell with { Runs = runs, Figures = CellFigures.Of(runs, cell.Request.Targets), CutRequests = cut };

    /// <summary>Puts the planner's name before what its search says.</summary>
    private sealed class PlanningStep(IProgress<string>? progress) : IProgress<string>
    {
        private volatile string _step = "";

        public void Begin(string step)
        {
            _step = step;
            progress?.Report(step);
        }

        public void Report(string value) => progress?.Report($"{_step}, {value}");
    }
}
