using E2LLM.Core.Plans;
using E2LLM.Simulation.Results;

namespace E2LLM.Planning.Benchmarks.Compared;

/// <summary>A planner's plan and what it did, one run a seed, in the order of the seeds.</summary>
internal sealed record PlannerTrial(string Planner, ServingPlan Plan, SimulationResult[] Runs)
{
    public double WaitSeconds => Runs.Average(run => run.MeanWaitSeconds);

    public double TtftSeconds => Runs.Average(run => run.MeanTtftSeconds);

    public double TpotSeconds => Runs.Average(run => run.MeanTpotSeconds);

    public double EndToEndSeconds => Runs.Average(run => run.MeanEndToEndSeconds);

    /// <summary>Means of the runs, one by one.</summary>
    public double[] EndToEndRuns => [.. Runs.Select(run => run.MeanEndToEndSeconds)];

    /// <summary>"2 Prefill 3 Decoder".</summary>
    public string Roles => string.Join(' ', Plan.Replicas.GroupBy(replica => replica.Role).Select(group => $"{group.Count()} {group.Key}"));
}
