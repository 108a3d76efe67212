using E2LLM.Core.Statistics;
using Spectre.Console;

namespace E2LLM.Cli.Rendering;

/// <summary>How the requests have fared: all of them, by role, by replica.</summary>
internal static class LatencyTable
{
    private static readonly (string Title, RequestFigure Figure)[] Figures =
    [
        ("wait", RequestFigure.Wait), ("TTFT", RequestFigure.TimeToFirstToken), ("TPOT", RequestFigure.TimePerOutputToken), ("E2E", RequestFigure.EndToEnd),
    ];

    public static Table Create(RequestStatistics statistics)
    {
        var table = new Table().Title($"Requests since {statistics.Since:yyyy-MM-dd HH:mm} UTC")
            .Caption("mean, p50 / p90 / p99 of whole answers; a PREFILL replica answers for the wait until it begins, a DECODER from the complete cache on")
            .RoundedBorder();
        table.AddColumns(["of", "requests", "failed", "refused", "cancelled", "replays", .. Figures.Select(figure => figure.Title)]);
        foreach (var column in table.Columns.Skip(1))
            column.RightAligned();
        foreach (var group in statistics.Roles.Prepend(statistics.Whole).Concat(statistics.Replicas))
            table.AddRow(
                [Name(group), $"{group.Requests}", $"{group.Failed}", $"{group.Refused}", $"{group.Cancelled}", $"{group.Replays}", .. Figures.Select(figure => Cell(group.Find(figure.Figure)))]);
        return table;
    }

    private static string Name(RequestGroupStatistics group) => group switch
    {
        { Role: null } => "the model",
        { Role: { } role, Replica.Length: 0 } => role.ToString().ToUpperInvariant(),
        { Role: { } role } => $"{Markup.Escape(group.Replica)} {role.ToString().ToUpperInvariant()}",
    };

    private static string Cell(ValueSummary? values) =>
        values is null ? "-" : $"{Units.Seconds(values.Mean)}, {Units.Seconds([values.P50, values.P90, values.P99])}";
}
