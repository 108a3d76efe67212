using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Planning.E2Llm;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Requests;

namespace E2LLM.Planning.Search;

/// <summary>A planner that finds groups; naming, prediction and certificate are the same for all.</summary>
public abstract class ContextPlanner : IPlanner
{
    public abstract string Name { get; }

    public ServingPlan Plan(PlanRequest request, CancellationToken cancellationToken) => Plan(new PlanningContext(request, cancellationToken));

    /// <summary>Plans a request whose prices, remembered groups and bounds may be shared with other planners.</summary>
    /// <exception cref="PlanningException">No plan exists: says what is short.</exception>
    public virtual ServingPlan Plan(PlanningContext context)
    {
        var groups = Search(context);
        if (groups.Count == 0 || context.Evaluator.Evaluate([.. groups]).CapacityPerSecond <= 0)
            throw Refusal(context);
        return PlanAssembler.Assemble(context, Name, groups);
    }

    /// <summary>The groups of the plan, of which requests reach every one; empty where the planner finds none.</summary>
    internal IReadOnlyList<GroupPlan> Search(PlanningContext context) => Reachability.Repair(context, Find(context));

    /// <summary>The planner's own groups; empty where it finds none.</summary>
    protected abstract IReadOnlyList<GroupPlan> Find(PlanningContext context);

    private PlanningException Refusal(PlanningContext context)
    {
        var request = context.Request;
        if (request.MinimumTokensPerSecond > 0)
        {
            var unhurried = Search(new PlanningContext(request with { MinimumTokensPerSecond = 0 }, context.CancellationToken));
            if (unhurried.Count > 0)
            {
                var fastest = unhurried.Where(group => group.LoneTokenSeconds > 0).Select(group => 1 / group.LoneTokenSeconds).DefaultIfEmpty(0).Max();
                return new PlanningException(
                    FormattableString.Invariant($"Nothing planned: minimumTokensPerSecond is {request.MinimumTokensPerSecond}, ")
                    + FormattableString.Invariant($"and the fastest replica writes {fastest:G3} tokens/s to a lone reader."));
            }
        }
        if (request.TrustedEnds && (request.Fleet.Devices.All(device => !device.IsTrusted) || HasPlanWithoutTrust(context)))
            return TrustCheck.Explain(request);
        // A baseline may miss what there is; then it would be wrong to blame the memory.
        if (this is not E2LlmPlanner && new E2LlmPlanner().Search(context).Count > 0)
            return new PlanningException(
                $"Nothing planned: planner '{Name}' finds no plan for the fleet '{request.Fleet.Name}', but there is one. Use planner 'e2llm'.");
        return MemoryCheck.Explain(request);
    }

    private static bool HasPlanWithoutTrust(PlanningContext context) =>
        new E2LlmPlanner().Search(context).Count == 0
        && new E2LlmPlanner().Search(new PlanningContext(context.Request with { TrustedEnds = false }, context.CancellationToken)).Count > 0;
}
