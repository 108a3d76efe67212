using E2LLM.Benchmarks.Load;
using E2LLM.Simulation.Results;

namespace E2LLM.Benchmarks.Truth;

/// <summary>One figure of all requests, simulated and measured.</summary>
internal sealed record TruthRow(string Name, double[] Simulated, double[] Measured)
{
    public static IEnumerable<TruthRow> All(IReadOnlyList<RequestTimes> simulated, IReadOnlyList<TimedAnswer> measured)
    {
        // A wait for a slot of the decoder is no wait by the product's definition, but named beside it: here it counts on both sides.
        yield return Of("wait", request => request.WaitSeconds, answer => answer.Timeline!.WaitSeconds!.Value + (answer.Timeline.SlotWaitSeconds ?? 0));
        yield return Of("TTFT", request => request.TimeToFirstTokenSeconds, answer => answer.Timeline!.TimeToFirstTokenSeconds!.Value);
        yield return Of("TPOT", request => request.SecondsPerOutputToken, answer => answer.Timeline!.SecondsPerOutputToken ?? 0);
        yield return Of("end to end", request => request.EndToEndSeconds, answer => answer.Timeline!.EndToEndSeconds!.Value);

        TruthRow Of(string name, Func<RequestTimes, double> ofSimulated, Func<TimedAnswer, double> ofMeasured) =>
            new(name, [.. simulated.Select(ofSimulated)], [.. measured.Select(ofMeasured)]);
    }

    /// <summary>Of the means; not a number where both are next to nothing.</summary>
    public double Ratio => Math.Max(Simulated.Average(), Measured.Average()) < 1e-3 ? double.NaN : Simulated.Average() / Measured.Average();

    /// <summary>Share of the requests whose own figures are within a tenth, or a millisecond, of each other.</summary>
    public double ShareWithinTenth => Simulated.Zip(Measured).Average(pair => Math.Abs(pair.First - pair.Second) <= Math.Max(0.1 * pair.Second, 1e-3) ? 1.0 : 0);
}
