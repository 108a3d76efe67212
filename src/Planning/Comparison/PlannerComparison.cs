using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Comparison;

/// <summary>Several planners on one request, side by side; prices and bounds are made once for all.</summary>
public static class PlannerComparison
{
    /// <summary>One outcome after the other, as each is ready: a caller can show progress.</summary>
    /// <param name="request">The request.</param>
    /// <param name="planners">Names, in the order of the outcomes.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <param name="progress">Told what the searches are at, for people; from any thread.</param>
    /// <param name="judge">As <see cref="PlannerRegistry.Get"/> takes it.</param>
    /// <exception cref="ConfigurationException">A name is unknown.</exception>
    /// <exception cref="PlanningException">The request itself makes no sense.</exception>
    public static IEnumerable<PlanOutcome> Run(
        PlanRequest request, IReadOnlyList<string> planners, CancellationToken cancellationToken, IProgress<string>? progress = null, IPlanJudge? judge = null)
    {
        var found = planners.Select(name => PlannerRegistry.Get(name, judge)).ToList();
        return Run(new PlanningContext(request, cancellationToken, progress: progress), found);
    }

    private static IEnumerable<PlanOutcome> Run(PlanningContext context, List<IPlanner> planners)
    {
        foreach (var planner in planners)
        {
            PlanOutcome outcome;
            try
            {
                var plan = planner is ContextPlanner shared ? shared.Plan(context) : planner.Plan(context.Request, context.CancellationToken);
                outcome = new PlanOutcome(planner.Name, plan, null);
            }
            catch (PlanningException error)
            {
                outcome = new PlanOutcome(planner.Name, null, error.Message);
            }
            yield return outcome;
        }
    }
}
