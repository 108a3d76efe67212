using System.Globalization;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Core.Workloads;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Search;
using E2LLM.Planning.Workloads;
using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Judging;
using E2LLM.Simulation.Results;

namespace E2LLM.Planning.Benchmarks.Compared;

/// <summary>All planners by simulation, on unlike fleets, both workloads of the paper, from light load to overload: a Markdown report.</summary>
internal sealed class ComparedReport(TextWriter output, int seeds)
{
    private const string Model = "gpt-oss-20b";
    private const string Product = "e2llm";

    /// <summary>The planner's judge draws with the first few seeds; a plan is not to be praised for the draws that it was chosen by.</summary>
    private const int FirstSeed = 101;

    private static readonly string[] Workloads = ["extended", "custom-extended"];

    /// <summary>Rates, over the highest that the product's planner finds for the fleet.</summary>
    private static readonly double[] Loads = [0.1, 0.5, 0.9, 1.5];

    private static readonly SimulationOptions Serving = new();

    /// <summary>The exact one refuses all but small fleets.</summary>
    private static readonly string[] Planners = [Product, .. PlannerRegistry.Names.Where(name => name is not (Product or "exact"))];

    private readonly List<(string Cell, CellVerdict Verdict)> _verdicts = [];

    public void Write(IReadOnlyList<string> fleets)
    {
        output.WriteLine("# Planners compared by simulation");
        output.WriteLine();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Model {Model}, objective latency, routed by {Serving.RoutingPolicy}; Poisson arrivals, exponential lengths; means over {seeds} draws of the requests of the planning horizon, the same draws for every planner and others than those that `{Product}` chose its plan by. Load: the rate over the highest that `{Product}` finds a plan for. The best of each figure in bold."));
        foreach (var fleet in fleets)
            foreach (var workload in Workloads)
                Write(fleet, WorkloadPresets.Get(workload));
        WriteSummary();
    }

    private void Write(string fleet, WorkloadSpec workload)
    {
        output.WriteLine();
        output.WriteLine($"## {fleet}, {workload.Name}");
        var request = PresetRequests.Create(ComparedFleets.Get(fleet), ModelShapes.Get(Model), workload, PlanObjective.Capacity);
        double most;
        try
        {
            most = PlannerRegistry.Get(Product).Plan(request, CancellationToken.None).Prediction!.CapacityRequestsPerSecond;
        }
        catch (PlanningException error)
        {
            output.WriteLine();
            output.WriteLine(error.Message);
            return;
        }
        foreach (var load in Loads)
        {
            var cell = string.Create(CultureInfo.InvariantCulture, $"{fleet}, {workload.Name}, load {load}");
            Write(cell, request with { Objective = PlanObjective.Latency, Workload = workload with { RequestsPerSecond = load * most } }, load);
        }
    }

    private void Write(string cell, PlanRequest request, double load)
    {
        var trials = Run(request);
        output.WriteLine();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Load {load}: {request.Workload!.RequestsPerSecond:G3} requests/s"));
        output.WriteLine();
        output.WriteLine("| planner | wait, s | TTFT, s | TPOT, ms | end to end, s | replicas |");
        output.WriteLine("|---|---|---|---|---|---|");
        foreach (var trial in trials)
        {
            output.WriteLine(
                $"| {trial.Planner} | {Cell(one => one.WaitSeconds, "F3")} | {Cell(one => one.TtftSeconds, "F2")} | {Cell(one => 1e3 * one.TpotSeconds, "F1")} | "
                + $"{Cell(one => one.EndToEndSeconds, "F2")} | {trial.Roles} |");

            // Those that print alike are equally good.
            string Cell(Func<PlannerTrial, double> figure, string format)
            {
                var (text, best) = (Print(figure(trial)), Print(trials.Min(figure)));
                return text == best ? $"**{text}**" : text;

                string Print(double value) => value.ToString(format, CultureInfo.InvariantCulture);
            }
        }
        if (trials.Count > 1 && trials[0].Planner == Product)
        {
            var verdict = new CellVerdict(trials[0], trials[1..]);
            _verdicts.Add((cell, verdict));
            output.WriteLine();
            output.WriteLine($"{verdict}.");
        }
        output.Flush();
    }

    private List<PlannerTrial> Run(PlanRequest request)
    {
        var context = new PlanningContext(request, CancellationToken.None);
        List<PlannerTrial> trials = [];
        foreach (var name in Planners)
        {
            try
            {
                var plan = ((ContextPlanner)PlannerRegistry.Get(name, new SimulationJudge(Serving))).Plan(context);
                trials.Add(new PlannerTrial(name, plan, new SimulationResult[seeds]));
            }
            catch (PlanningException)
            {
                // A planner that finds nothing is compared with nothing.
            }
        }
        Parallel.For(0, trials.Count * seeds, index => trials[index / seeds].Runs[index % seeds] =
            PlanTrial.Run(request, trials[index / seeds].Plan, FirstSeed + index % seeds, Serving, CancellationToken.None));
        return trials;
    }

    private void WriteSummary()
    {
        output.WriteLine();
        output.WriteLine("## Summary");
        output.WriteLine();
        var later = _verdicts.Where(cell => cell.Verdict.IsLater).ToArray();
        foreach (var (cell, verdict) in _verdicts.Where(cell => cell.Verdict.IsLater || cell.Verdict.DominatedBy is not null))
            output.WriteLine($"- {cell}: {verdict}.");
        output.WriteLine();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Of {_verdicts.Count} cells, `{Product}` ends requests more than {CellVerdict.TolerancePercent:0.#} % later than the best baseline in {later.Length}, "
            + $"waits longer than some baseline in {_verdicts.Count(cell => cell.Verdict.WaitsLonger)} (each shown above with what that buys), "
            + $"and is worse than a baseline in wait, first and last token in {_verdicts.Count(cell => cell.Verdict.DominatedBy is not null)}."));
    }
}
