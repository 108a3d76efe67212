namespace E2LLM.Core.Statistics;

/// <summary>What is stored of a figure.</summary>
[GenerateSerializer, Alias("E2LLM.FigureJournal"), Immutable]
public sealed record FigureJournal([property: Id(0)] RequestFigure Figure, [property: Id(1)] HistogramSnapshot Values);
