using E2LLM.Core.Plans;
using E2LLM.Planning.Baselines;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Search;
using E2LLM.Planning.Workloads;

namespace E2LLM.Planning.Tests.Baselines;

public class SplitwisePlannerTests
{
    [Theory]
    [InlineData("paper-testbed", "extended")]
    [InlineData("paper-testbed", "custom-extended")]
    [InlineData("pi-and-jetson", "extended")]
    [InlineData("pi-and-jetson", "azure-conv")]
    public void Plan_FewMachines_NoOtherPoolsOfItsMachinesAreBetter(string fleet, string workload)
    {
        foreach (var objective in Enum.GetValues<PlanObjective>())
        {
            var context = new PlanningContext(Request(fleet, workload, objective), CancellationToken.None);
            var groups = new SplitwisePlanner().Search(context);
            var found = context.Evaluator.Evaluate([.. groups]);
            int[][] machines = [.. groups.Select(group => group.Stages.Select(stage => stage.Device).ToArray())];
            Assert.InRange(machines.Length, 2, 10);
            for (var prompts = 1; prompts < (1 << machines.Length) - 1; prompts++)
            {
                var pools = machines.Select((devices, index) => context.Groups.Best(devices, (prompts >> index & 1) != 0 ? ReplicaRole.Prefill : ReplicaRole.Decoder)).ToArray();
                if (!pools.Contains(null))
                    Assert.False(context.Evaluator.Evaluate(pools!).IsBetterThan(found, context.Objective), $"{objective}: prompts {prompts:b}");
            }
        }
    }

    [Fact]
    public void Plan_LongPrompts_GivesNoPoolThreeTimesWhatTheOtherNeeds()
    {
        var request = Request("paper-testbed", "custom-extended", PlanObjective.Capacity);
        var context = new PlanningContext(request, CancellationToken.None);
        var figures = context.Evaluator.Evaluate([.. new SplitwisePlanner().Search(context)]);
        Assert.InRange(figures.PrefillPerSecond / figures.DecodePerSecond, 1 / 2.0, 2);
    }

    [Fact]
    public void Plan_ManyMachines_IsAtLeastAsGoodAsEverySplitOfTheRanking()
    {
        var context = new PlanningContext(Request("campus-64", "extended", PlanObjective.Capacity), CancellationToken.None);
        var found = context.Evaluator.Evaluate([.. new SplitwisePlanner().Search(context)]);
        var machines = GreedyGroups.Grow(context, ReplicaRole.Decoder).Select(group => group.Stages.Select(stage => stage.Device).ToArray());
        var ranked = machines
            .Select(devices => (Prompt: context.Groups.Best(devices, ReplicaRole.Prefill)!, Token: context.Groups.Best(devices, ReplicaRole.Decoder)!))
            .OrderByDescending(machine => machine.Prompt.RequestsPerSecond / machine.Token.RequestsPerSecond)
            .ToArray();
        Assert.InRange(ranked.Length, 11, 64);
        for (var split = 1; split < ranked.Length; split++)
        {
            var figures = context.Evaluator.Evaluate([.. ranked.Select((machine, index) => index < split ? machine.Prompt : machine.Token)]);
            Assert.InRange(figures.CapacityPerSecond, 0, found.CapacityPerSecond * (1 + 1e-9));
        }
    }

    [Fact]
    public void Plan_OneMachine_IsMixed()
    {
        var plan = new SplitwisePlanner().Plan(Fixtures.Request(Fixtures.Model(), (1 << 20, 1)), CancellationToken.None);
        Assert.Equal(ReplicaRole.Mixed, Assert.Single(plan.Replicas).Role);
    }

    private static PlanRequest Request(string fleet, string workload, PlanObjective objective) =>
        PresetRequests.Create(FleetPresets.Get(fleet), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get(workload), objective);
}
