namespace E2LLM.Core.Statistics;

/// <summary>The distribution of one figure.</summary>
[GenerateSerializer, Alias("E2LLM.FigureSummary"), Immutable]
public sealed record FigureSummary([property: Id(0)] RequestFigure Figure, [property: Id(1)] ValueSummary Values);
