using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using E2LLM.Core.Plans;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Workloads;
using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Results;
using E2LLM.Simulation.Workloads;

namespace E2LLM.Planning.Benchmarks;

/// <summary>How long a simulation of many requests takes, how much memory, and what came of it, to the last bit.</summary>
internal static class SimulationSpeed
{
    /// <summary>Of the rate that the plan sustains.</summary>
    private const double Load = 0.4;

    public static void Print(TextWriter output, int requests, string fleet, string workload, string planner)
    {
        var model = ModelShapes.Get("gpt-oss-20b");
        var spec = WorkloadPresets.Get(workload);
        var request = PresetRequests.Create(FleetPresets.Get(fleet), model, spec, PlanObjective.Capacity);
        var plan = PlannerRegistry.Get(planner).Plan(request, CancellationToken.None);
        var rate = Load * plan.Prediction!.SustainedRequestsPerSecond;
        var engine = plan.Replicas[0].Engine;
        var drawn = WorkloadSampler.Draw(spec with { RequestsPerSecond = rate }, requests, seed: 1, Math.Min(engine.MaxSequenceTokens, engine.KvCells));

        using var process = Process.GetCurrentProcess();
        var (start, processor) = (TimeProvider.System.GetTimestamp(), process.TotalProcessorTime);
        var result = new FogSimulator(request, plan, new SimulationOptions()).Run(drawn, CancellationToken.None);
        var seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        process.Refresh();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{requests} requests of {workload} at {rate:0.00}/s on {fleet}, {plan.Replicas.Length} replicas by {planner}: {seconds:0.0} s, {(process.TotalProcessorTime - processor).TotalSeconds:0.0} CPU s, "
            + $"{drawn.Sum(one => (long)one.AnswerTokens) / seconds / 1e6:0.00} million answer tokens/s, {result.DurationSeconds:0} virtual s, working set up to {process.PeakWorkingSet64 / 1e6:0} MB"));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"mean wait {result.MeanWaitSeconds:0.000} s, TTFT {result.MeanTtftSeconds:0.000} s, TPOT {1e3 * result.MeanTpotSeconds:0.00} ms, to the last token {result.MeanEndToEndSeconds:0.000} s; digest {Digest(result)}"));
    }

    private static string Digest(SimulationResult result)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var request in result.Requests)
        {
            hash.AppendData(BitConverter.GetBytes(request.WaitSeconds));
            hash.AppendData(BitConverter.GetBytes(request.FirstTokenSeconds));
            hash.AppendData(BitConverter.GetBytes(request.EndSeconds));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }
}
