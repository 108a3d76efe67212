using E2LLM.Cli.Bench.Load;
using E2LLM.Cli.Bench.Measures;
using E2LLM.Cli.Bench.Plots;
using E2LLM.Cli.Bench.Prompts;
using E2LLM.Cli.Bench.Reports;
using E2LLM.Cli.Rendering;
using E2LLM.Core.Errors;

namespace E2LLM.Cli.Bench;

/// <summary>One run: prepare, warm up, one load or a sweep of them, report.</summary>
internal static class ServeBenchRun
{
    /// <summary>The knee is the highest load at which this share of the requests met the objectives.</summary>
    private const double RequiredAttainment = 0.9;

    public static async Task<int> RunAsync(BenchSettings settings, TimeProvider time, CancellationToken cancellationToken)
    {
        using var server = new ServerApi(settings.Url, settings.ApiKey);
        var startedAt = time.GetUtcNow();
        var (model, prompts) = await PrepareAsync(server, settings, cancellationToken);
        var sender = new RequestSender(
            server, new CompletionBody(model, settings.IgnoresEndOfText), TimeSpan.FromSeconds(settings.TimeoutSeconds), time);
        var measurement = new LoadMeasurement(settings, server, new RequestPlan(settings, prompts), new LoadRunner(sender, time));

        await measurement.WarmUpAsync(cancellationToken);
        var report = new BenchReport
        {
            Settings = settings,
            Server = server.Base,
            Model = model,
            StartedAt = startedAt,
            Prompts = prompts.Description,
        };
        report = settings.IsSweep
            ? await SweepAsync(report, measurement, cancellationToken)
            : report with { Loads = [await measurement.RunAsync(settings.Load, round: 0, cancellationToken)] };

        Consoles.Create().Write(BenchTable.Create(report));
        if (settings.JsonPath is { } json)
            await File.WriteAllTextAsync(json, BenchJson.Write(report), cancellationToken);
        if (settings.SvgPath is { } svg)
            await File.WriteAllTextAsync(svg, settings.IsSweep ? LoadPlot.Draw(report) : LatencyPlot.Draw(report), cancellationToken);
        if (report.Loads.All(load => load.Succeeded == 0))
        {
            var fault = report.Loads[0].Outcomes[0].Fault!;
            throw new E2LlmException($"No request succeeded. The first failed with {fault.Kind}: {fault.Message}", mayRetry: true);
        }
        return 0;
    }

    private static async Task<(string Model, IPromptSource Prompts)> PrepareAsync(
        ServerApi server, BenchSettings settings, CancellationToken cancellationToken)
    {
        try
        {
            var model = settings.Model ?? await server.FirstModelAsync(cancellationToken);
            return (model, settings.PromptFile is { } file
                ? new PromptFile(file)
                : await PromptWriter.CreateAsync(server, model, cancellationToken));
        }
        catch (HttpRequestException error)
        {
            throw new E2LlmException($"No server answers at {server.Base}: {error.Message}", mayRetry: true, error);
        }
    }

    private static async Task<BenchReport> SweepAsync(BenchReport report, LoadMeasurement measurement, CancellationToken cancellationToken)
    {
        var kind = report.Settings.Load.Kind;
        var search = new KneeSearch(
            report.Settings.Load.Value, kind == LoadKind.Concurrency, RequiredAttainment, report.Settings.MaxSweepPoints);
        List<LoadResult> loads = [];
        while (search.Next() is { } value)
        {
            var result = await measurement.RunAsync(new LoadSpec(kind, value), loads.Count, cancellationToken);
            search.Report(value, result.Attainment);
            loads.Add(result);
            Console.Error.WriteLine($"{result.Load.Label}: {100 * result.Attainment:0} % of {result.Sent} requests met the objectives");
        }
        return report with
        {
            Loads = [.. loads.OrderBy(load => load.Load.Value)],
            Knee = search.Knee is { } knee ? new LoadSpec(kind, knee) : null,
            IsKneeBracketed = search.IsBracketed,
            RequiredAttainment = RequiredAttainment,
        };
    }
}
