using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

/// <summary>A step on its way through the stages.</summary>
internal sealed class FlyingStep(StepPlan step)
{
    public StepPlan Step => step;

    public int StagesDone { get; set; }

    public List<int> Sampled { get; set; } = [];

    public bool Reported { get; set; }
}
