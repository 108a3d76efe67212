namespace E2LLM.Core.Engines;

/// <summary>What an engine holds right now.</summary>
[GenerateSerializer, Alias("E2LLM.StageEngineUsage"), Immutable]
public readonly record struct StageEngineUsage([property: Id(0)] int OpenSequences, [property: Id(1)] int KvCellsInUse);
