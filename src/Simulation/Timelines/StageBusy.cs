namespace E2LLM.Simulation.Timelines;

/// <summary>A stage computes its part of a step.</summary>
/// <param name="Replica">Name within the plan.</param>
/// <param name="Stage">Number within the replica, from 0.</param>
/// <param name="DeviceId">Where it is.</param>
/// <param name="Step">Number within the replica.</param>
/// <param name="FromSeconds">Virtual time.</param>
/// <param name="ToSeconds">Virtual time, after <paramref name="FromSeconds"/>.</param>
/// <param name="DecodeRows">Answers that get a token.</param>
/// <param name="PromptRows">Tokens of prompts that are read.</param>
public readonly record struct StageBusy(
    string Replica, int Stage, string DeviceId, long Step, double FromSeconds, double ToSeconds, int DecodeRows, int PromptRows);
