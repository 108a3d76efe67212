using E2LLM.Core.Errors;
using E2LLM.Planning;
using E2LLM.Scheduling.Routing;
using E2LLM.Simulation.Experiments;

namespace E2LLM.Simulation.Tests.Experiments;

public sealed class PlannerPoliciesTests
{
    public static TheoryData<string> Planners => [.. PlannerRegistry.Names];

    [Theory]
    [MemberData(nameof(Planners))]
    public void RoutingOf_EveryPlanner_IsAPolicyThatThereIs(string planner) =>
        Assert.Contains(PlannerPolicies.RoutingOf(planner), RoutingPolicies.Names);

    [Theory]
    [InlineData("e2llm", RoutingPolicies.LeastFinish)]
    [InlineData("e2llm-paper", RoutingPolicies.LeastWait)]
    [InlineData("splitwise", RoutingPolicies.SplitwiseMixedPool)]
    public void RoutingOf_SystemsWithAPolicyOfTheirOwn_IsThat(string planner, string policy) => Assert.Equal(policy, PlannerPolicies.RoutingOf(planner));

    [Fact]
    public void RoutingOf_AnUnknownPlanner_ListsTheOthers() =>
        Assert.Contains("splitwise", Assert.Throws<ConfigurationException>(() => PlannerPolicies.RoutingOf("nobody")).Message);
}
