using System.Globalization;
using System.Text;
using E2LLM.Cli.Planning;
using E2LLM.Simulation.Experiments.Figures;
using E2LLM.Simulation.Experiments.Statistics;

namespace E2LLM.Cli.Simulating.Documents;

/// <summary>The report as tables for spreadsheets and scripts: numbers in full, with points, in seconds and bytes.</summary>
internal static class SimulationCsv
{
    private const string Option = "--csv";

    /// <summary>Whether a path names a folder, for all tables, and not a file for the table of the cells.</summary>
    public static bool IsFolder(string path) => Directory.Exists(path) || Path.EndsInDirectorySeparator(path);

    public static async Task WriteAsync(string path, SimulationReport report, CancellationToken cancellationToken)
    {
        if (!IsFolder(path))
        {
            await OutputFiles.WriteAsync(Option, path, Cells(report), cancellationToken);
            return;
        }
        foreach (var (name, text) in new[] { ("cells", Cells(report)), ("devices", Devices(report)), ("requests", Requests(report)) })
            await OutputFiles.WriteAsync(Option, path, () =>
            {
                Directory.CreateDirectory(path);
                return File.WriteAllTextAsync(Path.Combine(path, $"{name}.csv"), text, cancellationToken);
            });
    }

    /// <summary>A row for each planner and rate; one without a plan has only its name and why.</summary>
    public static string Cells(SimulationReport report)
    {
        (string Name, Func<CellFigures, MeanInterval> Of)[] intervals =
        [
            .. Latency.All.Zip(["wait", "ttft", "tpot", "end_to_end"]).SelectMany(pair => new (string, Func<CellFigures, MeanInterval>)[]
            {
                ($"{pair.Second}_mean_seconds", figures => figures[pair.First].Mean),
                ($"{pair.Second}_p50_seconds", figures => figures[pair.First].P50),
                ($"{pair.Second}_p90_seconds", figures => figures[pair.First].P90),
                ($"{pair.Second}_p99_seconds", figures => figures[pair.First].P99),
            }),
            ("timely_share", figures => figures.TimelyShare),
            ("goodput_per_second", figures => figures.GoodputRequestsPerSecond),
            ("served_per_second", figures => figures.ServedRequestsPerSecond),
            ("answer_tokens_per_second", figures => figures.AnswerTokensPerSecond),
            ("kv_bytes", figures => figures.KvBytes),
        ];
        return Table(
            ["planner", "requests_per_second", "routing_policy", "replicas", "runs", "requests", "cut_requests", .. intervals.SelectMany(interval => (string[])[interval.Name, $"{interval.Name}_half_width"]), "error"],
            report.Cells.Select(cell => (object?[])
            [
                cell.Planner, cell.RequestsPerSecond, cell.RoutingPolicy, cell.Plan is { } plan ? SimulationRows.Replicas(plan) : null, cell.Runs.Length, report.Experiment.Requests, cell.CutRequests,
                .. intervals.SelectMany(interval => cell.Figures is { } figures ? (object?[])[interval.Of(figures).Mean, interval.Of(figures).HalfWidth] : [null, null]),
                cell.Refusal,
            ]));
    }

    /// <summary>A row for each device that a plan uses.</summary>
    public static string Devices(SimulationReport report) => Table(
        ["planner", "requests_per_second", "device", "busy_share"],
        report.Cells.Where(cell => cell.Figures is not null).SelectMany(cell => cell.Figures!.BusyShares.Select(device => (object?[])
            [cell.Planner, cell.RequestsPerSecond, device.Key, device.Value])));

    /// <summary>A row for each request of each run.</summary>
    public static string Requests(SimulationReport report) => Table(
        ["planner", "requests_per_second", "seed", "request", "arrival_seconds", "prefill_replica", "decode_replica", "prompt_tokens", "answer_tokens", "wait_seconds", "ttft_seconds", "tpot_seconds", "end_to_end_seconds", "kv_bytes"],
        report.Cells.SelectMany(cell => cell.Runs.SelectMany((run, seed) => run.Requests.Select((request, index) => (object?[])
        [
            cell.Planner, cell.RequestsPerSecond, report.Experiment.FirstSeed + seed, index, request.ArrivalSeconds, request.PrefillReplica, request.DecodeReplica, request.PromptTokens, request.AnswerTokens,
            request.WaitSeconds, request.TimeToFirstTokenSeconds, request.SecondsPerOutputToken, request.EndToEndSeconds, request.KvBytes,
        ]))));

    private static string Table(string[] columns, IEnumerable<object?[]> rows)
    {
        var text = new StringBuilder().AppendJoin(',', columns).Append('\n');
        foreach (var row in rows)
            text.AppendJoin(',', row.Select(Cell)).Append('\n');
        return text.ToString();
    }

    private static string Cell(object? value)
    {
        var text = value is IFormattable number ? number.ToString(null, CultureInfo.InvariantCulture) : value as string ?? "";
        return text.AsSpan().ContainsAny(",\"\n\r") ? $"\"{text.Replace("\"", "\"\"")}\"" : text;
    }
}
