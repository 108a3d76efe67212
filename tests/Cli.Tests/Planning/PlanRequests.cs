using E2LLM.Cli.Planning;
using E2LLM.Cli.Planning.Inputs;
using E2LLM.Core.Plans;
using E2LLM.Planning;
using E2LLM.Planning.Comparison;
using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Judging;

namespace E2LLM.Cli.Tests.Planning;

/// <summary>Requests and plans straight from the library, to hold the command's output against.</summary>
internal static class PlanRequests
{
    public static PlanInput Testbed(PlanObjective objective = PlanObjective.Wait) => PlanInput.Resolve(new PlanSettings
    {
        Fleet = "paper-testbed",
        Model = "gpt-oss-20b",
        Workload = "extended",
        Objective = objective,
    });

    public static PlannedOutcome Plan(PlanRequest request, string planner = "e2llm") => PlannedOutcome.Of(
        request, new PlanOutcome(planner, PlannerRegistry.Get(planner).Plan(request, CancellationToken.None), null),
        new PlanTrials(new SimulationOptions()), CancellationToken.None);
}
