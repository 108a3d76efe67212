using E2LLM.Core.Statistics;

namespace E2LLM.Grains.Interfaces.Requests;

/// <summary>The distribution of one figure.</summary>
[GenerateSerializer, Alias("E2LLM.FigureSummary"), Immutable]
public sealed record FigureSummary([property: Id(0)] RequestFigure Figure, [property: Id(1)] ValueSummary Values);
