using E2LLM.Core.Errors;
using E2LLM.Planning;
using E2LLM.Scheduling.Routing;
using E2LLM.Simulation.Experiments;

namespace E2LLM.Simulation.Tests.Experiments;

public sealed class PlannerPoliciesTests
{
    public static TheoryData<string> Planners => [.. PlannerRegistry.Names, .. PlannerRegistry.AblationNames];

    [Theory]
    [MemberData(nameof(Planners))]
    public void CandidatesOf_EveryPlanner_ArePoliciesThatThereAre(string planner)
    {
        Assert.NotEmpty(PlannerPolicies.CandidatesOf(planner));
        Assert.Empty(PlannerPolicies.CandidatesOf(planner).Except(RoutingPolicies.Names));
    }

    [Theory]
    [InlineData("e2llm", RoutingPolicies.LeastFinish)]
    [InlineData("splitwise", RoutingPolicies.SplitwiseMixedPool)]
    public void CandidatesOf_SystemsWithAPolicyOfTheirOwn_AreThatAlone(string planner, string policy) => Assert.Equal(policy, Assert.Single(PlannerPolicies.CandidatesOf(planner)));

    [Fact]
    public void CandidatesOf_AnUnknownPlanner_ListsTheOthers() =>
        Assert.Contains("splitwise", Assert.Throws<ConfigurationException>(() => PlannerPolicies.CandidatesOf("nobody")).Message);
}
