namespace E2LLM.Grains.Interfaces.Stages;

/// <summary>What one stage spent on one step.</summary>
/// <param name="WaitSeconds">From arrival to the start of the engine.</param>
/// <param name="ComputeSeconds">In the engine, emulated slowdown included.</param>
/// <param name="LinkSeconds">On the emulated link to the next stage.</param>
[GenerateSerializer, Alias("E2LLM.StageTrace"), Immutable]
public readonly record struct StageTrace(
    [property: Id(0)] double WaitSeconds,
    [property: Id(1)] double ComputeSeconds,
    [property: Id(2)] double LinkSeconds);
