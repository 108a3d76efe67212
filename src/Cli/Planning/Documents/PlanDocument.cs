using System.Text.Json;
using System.Text.Json.Nodes;
using E2LLM.Cli.Planning.Inputs;
using E2LLM.Core.Plans.Documents;

namespace E2LLM.Cli.Planning.Documents;

/// <summary>The JSON document of <c>e2llm plan --json</c>; docs/planning.md describes it.</summary>
/// <remarks>
/// One planner: its plan stands beside the request in the root. Several: the root has the request and "plans", each as it would stand
/// in the root. The same request gives the same document, byte for byte: there are no times of day or durations of the search in it.
/// </remarks>
internal static class PlanDocument
{
    public const string Format = "e2llm-plan/2";

    public static string Write(PlanInput input, IReadOnlyList<PlannedOutcome> outcomes, PlanComparison? comparison)
    {
        var root = Node(PlanHeader.Of(input));
        if (outcomes is [{ Plan: { } plan, Explanation: { } explained, Simulated: { } simulated }])
            foreach (var (name, value) in Node(PlanEntry.Of(plan, explained, simulated)).ToArray())
                root[name] = value?.DeepClone();
        else
            root["plans"] = new JsonArray([.. outcomes.Select(JsonNode (outcome) => outcome is { Plan: { } made, Explanation: { } explanation, Simulated: { } trial }
                ? Node(PlanEntry.Of(made, explanation, trial))
                : Node(new FailedEntry(outcome.Planner, outcome.Refusal ?? "")))]);
        if (comparison is not null)
            root["comparison"] = Node(DiffEntry.Of(comparison));
        return root.ToJsonString(PlanJson.File);
    }

    /// <summary>JSON has no infinity and no NaN.</summary>
    public static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;

    private static JsonObject Node<T>(T value) => JsonSerializer.SerializeToNode(value, PlanJson.File)!.AsObject();
}
