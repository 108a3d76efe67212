using System.Collections.Immutable;
using E2LLM.Core.Buffers;

namespace E2LLM.Core.Engines;

/// <summary>
/// What a stage does in one go: sequence commands first, then the rows as one batch. A step may consist of commands alone.
/// </summary>
[GenerateSerializer, Alias("E2LLM.StageStep"), Immutable]
public sealed record StageStep
{
    /// <summary>Counts the steps of a replica from 0; every stage runs them in this order.</summary>
    [Id(0)] public required long StepNumber { get; init; }

    [Id(1)] public ImmutableArray<SequenceCommand> Commands { get; init; } = [];

    [Id(2)] public ImmutableArray<StepRow> Rows { get; init; } = [];

    /// <summary>Hidden states, [rows, n_embd]; null on the first stage. The engine disposes it.</summary>
    [Id(3)] public TensorBuffer? Hidden { get; init; }
}
