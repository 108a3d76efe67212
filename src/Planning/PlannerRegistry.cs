using System.Collections.Frozen;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Planning.DynamicProgramming;

namespace E2LLM.Planning;

/// <summary>The planners by name.</summary>
public static class PlannerRegistry
{
    private static readonly FrozenDictionary<string, IPlanner> Planners = new IPlanner[]
    {
        new DynamicProgrammingPlanner(),
    }.ToFrozenDictionary(planner => planner.Name, StringComparer.Ordinal);

    /// <summary>The valid names, sorted.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Planners.Keys.Order(StringComparer.Ordinal)];

    /// <exception cref="ConfigurationException">The name is unknown; lists the valid ones.</exception>
    public static IPlanner Get(string name) => Planners.TryGetValue(name, out var planner)
        ? planner
        : throw new ConfigurationException($"planner is '{name}', must be one of: {string.Join(", ", Names)}.");
}
