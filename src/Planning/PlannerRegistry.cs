using System.Collections.Frozen;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Planning.Ablations;
using E2LLM.Planning.Baselines;
using E2LLM.Planning.DynamicProgramming;
using E2LLM.Planning.E2Llm;
using E2LLM.Planning.Exact;
using E2LLM.Planning.Genetic;
using E2LLM.Planning.Search;

namespace E2LLM.Planning;

/// <summary>The planners by name.</summary>
public static class PlannerRegistry
{
    /// <summary>What other systems would do, the paper's own planner, and the plain partition DP.</summary>
    internal static readonly IReadOnlyList<ContextPlanner> Baselines =
    [
        new DynamicProgrammingPlanner(),
        new PaperPlanner(),
        new ColocatedPlanner(),
        new SinglePipelinePlanner(),
        new SplitwisePlanner(),
        new ParallaxPlanner(),
        new HexGen2Planner(),
        new MemoryProportionalPlanner(),
        new RandomPlanner(),
    ];

    private static readonly FrozenDictionary<string, IPlanner> Planners = new IPlanner[]
    {
        new E2LlmPlanner(),
        new ExactPlanner(),
    }.Concat(Baselines).ToFrozenDictionary(planner => planner.Name, StringComparer.Ordinal);

    /// <summary>The valid names, sorted.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Planners.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Planner "e2llm" without one of its parts: to see what the part is worth, not to serve by.</summary>
    public static IReadOnlyList<string> AblationNames { get; } = [.. Ablation.All.Select(ablation => ablation.Name)];

    /// <param name="name">One of <see cref="Names"/> or <see cref="AblationNames"/>.</param>
    /// <param name="judge">Settles between the best plans of planner "e2llm"; null: the cost model's word is taken.</param>
    /// <exception cref="ConfigurationException">The name is unknown; lists the valid ones.</exception>
    public static IPlanner Get(string name, IPlanJudge? judge = null) => Planners.TryGetValue(name, out var planner)
        ? planner is E2LlmPlanner && judge is not null ? new E2LlmPlanner(judge) : planner
        : Ablation.All.FirstOrDefault(ablation => ablation.Name == name) is { } without ? new AblatedPlanner(without, judge)
        : throw new ConfigurationException($"planner is '{name}', must be one of: {string.Join(", ", Names)}; or, to see what parts of e2llm are worth: {string.Join(", ", AblationNames)}.");
}
