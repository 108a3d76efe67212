using E2LLM.Cli.Bench.Load;
using E2LLM.Cli.Bench.Measures;
using E2LLM.Cli.Rendering;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace E2LLM.Cli.Bench.Reports;

/// <summary>A run for people.</summary>
internal static class BenchTable
{
    public static IRenderable Create(BenchReport report)
    {
        List<IRenderable> rows = [Loads(report)];
        if (report.Loads is [var only])
            rows.Add(Latencies(only));
        if (report.Settings.IsSweep)
            rows.Add(new Markup($"[bold]Knee[/]: {Markup.Escape(Knee(report))}\n"));
        rows.AddRange(report.Loads.Where(load => load.Faults.Count > 0).Select(load => new Markup(Markup.Escape(Failures(load)) + "\n")));
        rows.Add(new Markup(Markup.Escape(
            $"Measured by this client over HTTP; percentiles by nearest rank. {Loop(report.Settings.Load)} Prompts: {report.Prompts}.") + "\n"));
        return new Rows(rows);
    }

    private static Table Loads(BenchReport report)
    {
        var objective = report.Settings.Objective;
        var table = new Table().Title(Markup.Escape($"{report.Model} at {report.Server}")).RoundedBorder();
        table.AddColumns("load", "sent", "failed", "requests/s", "tokens/s", "TTFT p50", "p99", "TPOT p50", "p99", "goodput", "met");
        foreach (var column in table.Columns)
            column.RightAligned();
        foreach (var load in report.Loads)
            table.AddRow(
                load.Load.Label,
                $"{load.Sent}",
                $"{load.Sent - load.Succeeded}",
                $"{load.RequestsPerSecond:0.00}",
                $"{load.AnswerTokensPerSecond:0.0}",
                Units.Seconds(load.Ttft?.P50),
                Units.Seconds(load.Ttft?.P99),
                Units.Seconds(load.Tpot?.P50),
                Units.Seconds(load.Tpot?.P99),
                $"{load.GoodputPerSecond:0.00}/s",
                $"{100 * load.Attainment:0.#} %");
        return table.Caption($"objectives: TTFT {Units.Seconds(objective.TtftSeconds)}, TPOT {Units.Seconds(objective.TpotSeconds)}");
    }

    private static Table Latencies(LoadResult load)
    {
        var table = new Table().RoundedBorder();
        table.AddColumns("", "count", "mean", "p50", "p90", "p95", "p99", "max");
        foreach (var column in table.Columns.Skip(1))
            column.RightAligned();
        Add("TTFT", load.Ttft);
        Add("ITL", load.Itl);
        Add("TPOT", load.Tpot);
        Add("E2E", load.E2e);
        Add("queue, by the server", load.Queue);
        Add("sent late by", load.SendLag);
        AddCounts("prompt tokens", load.PromptTokens);
        AddCounts("answer tokens", load.AnswerTokens);
        return table;

        void Add(string name, Summary? summary)
        {
            if (summary is not null)
                table.AddRow(name, $"{summary.Count}", Units.Seconds(summary.Mean), Units.Seconds(summary.P50), Units.Seconds(summary.P90),
                    Units.Seconds(summary.P95), Units.Seconds(summary.P99), Units.Seconds(summary.Max));
        }

        void AddCounts(string name, Summary? summary)
        {
            if (summary is not null)
                table.AddRow(name, $"{summary.Count}", $"{summary.Mean:0.0}", $"{summary.P50}", $"{summary.P90}",
                    $"{summary.P95}", $"{summary.P99}", $"{summary.Max}");
        }
    }

    private static string Knee(BenchReport report)
    {
        var share = $"{100 * report.RequiredAttainment:0} % of the requests met the objectives";
        return (report.Knee, report.IsKneeBracketed) switch
        {
            (null, _) => $"below {report.Loads[0].Load.Label}, where fewer than {share}",
            ({ } knee, true) => $"{knee.Label}, the highest load at which at least {share}",
            ({ } knee, false) => $"not reached: at {knee.Label}, the highest load tried, at least {share}",
        };
    }

    private static string Failures(LoadResult load) => $"Failed at {load.Load.Label}: " + string.Join("; ", load.Faults.Select(fault =>
        $"{fault.Value} x {fault.Key} ({load.Outcomes.First(outcome => outcome.Fault?.Kind == fault.Key).Fault!.Message})"));

    private static string Loop(LoadSpec load) => load.IsOpenLoop
        ? "Open loop: latency counts from when a request was due."
        : "Closed loop: latency counts from when a request was sent, and a slow server slows the load down.";
}
