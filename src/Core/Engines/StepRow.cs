namespace E2LLM.Core.Engines;

/// <summary>One token of one sequence in a step.</summary>
/// <param name="Token">Id to look up on the first stage; 0 on later stages, which need not know the text.</param>
/// <param name="Position">Index in the sequence, from 0; consecutive within a sequence.</param>
/// <param name="Sequence">Slot.</param>
/// <param name="IsOutput">Whether the last stage samples a token from this row.</param>
[GenerateSerializer, Alias("E2LLM.StepRow"), Immutable]
public readonly record struct StepRow(
    [property: Id(0)] int Token,
    [property: Id(1)] int Position,
    [property: Id(2)] int Sequence,
    [property: Id(3)] bool IsOutput);
