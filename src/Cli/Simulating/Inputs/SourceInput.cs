using E2LLM.Cli.Planning.Inputs;
using E2LLM.Core.Errors;
using E2LLM.Planning.Workloads;
using E2LLM.Simulation.Experiments.Sources;

namespace E2LLM.Cli.Simulating.Inputs;

/// <summary>Where the requests come from, and how many.</summary>
/// <param name="Source">Replays a trace, draws from one, or from a workload's moments.</param>
/// <param name="Requests">Of a run.</param>
/// <param name="Seeds">Runs.</param>
/// <param name="Rates">In the order to show.</param>
/// <param name="Notes">What a reader may not expect, without a full stop.</param>
internal sealed record SourceInput(IRequestSource Source, int Requests, int Seeds, IReadOnlyList<double> Rates, IReadOnlyList<string> Notes)
{
    /// <summary>Of a run, where it is left open; also what is read of a trace.</summary>
    private const int DefaultRequests = 1000;

    private const int MaxTraceRequests = 10_000_000;

    /// <exception cref="E2LlmException">There is no such workload or trace, or it makes no sense.</exception>
    public static SourceInput Resolve(SimulateSettings settings)
    {
        var source = Create(settings);
        var wanted = settings.Requests ?? (settings.IsReplay ? source.Available!.Value : Math.Min(source.Workload.HorizonRequests, DefaultRequests));
        var requests = Math.Min(wanted, source.Available ?? int.MaxValue);
        return new SourceInput(
            source,
            requests,
            source.IsDrawn ? settings.Seeds ?? SimulateSettings.DefaultSeeds : 1,
            settings.Rates.Count > 0 ? settings.Rates : [settings.RateScale * source.Workload.RequestsPerSecond],
            requests < wanted ? [$"the trace has {requests} requests, fewer than the {wanted} of --requests: it is replayed once"] : []);
    }

    private static IRequestSource Create(SimulateSettings settings)
    {
        if (settings.TracePath is not { } path)
        {
            var workload = WorkloadInput.Resolve(settings.Plan.Workload, null);
            return new DrawnRequests(workload with { ArrivalScv = ArrivalScv(settings) ?? workload.ArrivalScv });
        }
        if (!File.Exists(path))
            throw new ConfigurationException($"--trace is '{path}', must be a file: there is none of this name.");
        var name = Path.GetFileNameWithoutExtension(path);
        return settings.IsReplay
            ? new ReplayedTrace(TraceReader.Read(path, settings.Requests is { } requests ? Math.Max(2, requests) : MaxTraceRequests), name, path)
            : new ResampledTrace(TraceReader.Read(path, MaxTraceRequests), name, path, ArrivalScv(settings));
    }

    /// <summary>Null: the workload's own.</summary>
    private static double? ArrivalScv(SimulateSettings settings) => settings.Gaps switch
    {
        GapPattern.Fixed => 0,
        GapPattern.Poisson => 1,
        GapPattern.Gamma when settings.Burstiness is { } shape => 1 / shape,
        _ => null,
    };
}
