using E2LLM.Cli.Planning;
using E2LLM.Cli.Planning.Inputs;
using E2LLM.Cli.Planning.Text;
using E2LLM.Cli.Rendering;
using E2LLM.Cli.Simulating.Documents;
using E2LLM.Cli.Simulating.Inputs;
using E2LLM.Cli.Simulating.Page;
using E2LLM.Cli.Simulating.Plots;
using E2LLM.Cli.Simulating.Text;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Planning;
using E2LLM.Simulation.Churn;
using E2LLM.Simulation.Experiments;
using E2LLM.Simulation.Timelines;

namespace E2LLM.Cli.Simulating;

/// <summary>One run of the command: read, plan and simulate, write.</summary>
internal sealed class SimulateRun(SimulateSettings settings, TextWriter output, TimeProvider time)
{
    /// <exception cref="E2LlmException">Nothing could be planned, or something was not given right: says what.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // What can be refused at once is refused before a long search.
        foreach (var name in settings.Plan.Planners)
            PlannerRegistry.Get(name);
        CheckOutputs();
        var source = SourceInput.Resolve(settings);
        var input = PlanInput.Resolve(settings.Plan, source.Source.Workload with { RequestsPerSecond = source.Rates[0], HorizonRequests = source.Requests });
        var spec = new ExperimentSpec
        {
            Request = input.Request,
            Source = source.Source,
            Planners = settings.Plan.Planners,
            Rates = source.Rates,
            Requests = source.Requests,
            Seeds = source.Seeds,
            FirstSeed = ExperimentSpec.DefaultFirstSeed + settings.Plan.Seed - 1,
            RoutingPolicy = settings.RoutingPolicy,
            FleetEvents = settings.FleetEvents,
        };
        CheckFleetEvents(input.Request.Fleet);
        var (cells, timeline) = await SimulateAsync(new Experiment(spec), input, cancellationToken);
        await WriteAsync(
            new SimulationReport { Settings = settings, Input = input, Source = source, Experiment = spec, Cells = cells, Timeline = timeline }, cancellationToken);
    }

    private bool WantsFigures => settings.HtmlPath is not null || settings.PngPath is not null;

    /// <exception cref="ConfigurationException">A device is not of the fleet, or joins that has not left.</exception>
    private void CheckFleetEvents(FleetSpec fleet)
    {
        foreach (var device in settings.FleetEvents.OrderBy(happens => happens.AtSeconds).GroupBy(happens => happens.DeviceId))
        {
            if (fleet.Find(device.Key) is null)
                throw new ConfigurationException($"--leave, --join or --slow names device '{device.Key}', must be one of: {string.Join(", ", fleet.Devices.Select(known => known.Id))}.");
            if (device.Where(happens => happens.Kind != FleetEventKind.Slows).Select(happens => happens.Kind).FirstOrDefault() == FleetEventKind.Joins)
                throw new ConfigurationException($"--join names device '{device.Key}', which has not left before (--leave).");
        }
    }

    private void CheckOutputs()
    {
        var isFolder = settings.CsvPath is { } csv && SimulationCsv.IsFolder(csv);
        OutputFiles.Check(("--csv", isFolder ? null : settings.CsvPath), ("--html", settings.HtmlPath), ("--chrome-trace", settings.ChromeTracePath));
        if (isFolder)
            OutputFiles.CheckFolder("--csv", settings.CsvPath!);
        if (settings.PngPath is { } png)
            OutputFiles.CheckFolder("--png", png);
        if (WantsFigures)
            PlotFonts.ThrowIfNone();
    }

    private async Task<(IReadOnlyList<ExperimentCell> Cells, TimelineRecorder? Timeline)> SimulateAsync(
        Experiment experiment, PlanInput input, CancellationToken cancellationToken)
    {
        var progress = new PlanningProgress(time);
        var cells = await progress.ShowAsync("simulate", () => experiment.Run(cancellationToken, progress).ToList());
        if (cells.Find(cell => cell.Plan is not null) is not { } first)
            throw new PlanningException(string.Join(' ', new[] { cells[0].Refusal, MemoryHint.For(settings.Plan, input, cancellationToken) }.OfType<string>()));
        return (cells, WantsFigures || settings.ChromeTracePath is not null
            ? await progress.ShowAsync("timeline", () => experiment.Record(first, cancellationToken))
            : null);
    }

    private async Task WriteAsync(SimulationReport report, CancellationToken cancellationToken)
    {
        if (settings.CsvPath is { } csv)
            await SimulationCsv.WriteAsync(csv, report, cancellationToken);
        if (settings.ChromeTracePath is { } trace)
            await OutputFiles.WriteAsync("--chrome-trace", trace, async () =>
            {
                await using var file = File.Create(trace);
                ChromeTrace.Write(file, report);
            });
        if (settings.PngPath is { } png)
            foreach (var figure in ReportFigures.Of(report))
                await OutputFiles.WriteAsync("--png", png, () =>
                {
                    Directory.CreateDirectory(png);
                    return File.WriteAllBytesAsync(Path.Combine(png, $"{figure.Name}.png"), figure.Png(), cancellationToken);
                });
        if (settings.HtmlPath is { } html)
            await OutputFiles.WriteAsync("--html", html, SimulationPage.Write(report), cancellationToken);
        if (settings.AsJson)
            await output.WriteLineAsync(SimulationDocument.Write(report));
        else
            Consoles.Create(output, PlanText.MaxColumns).Write(SimulationText.Create(report));
    }
}
