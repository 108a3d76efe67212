using System.Globalization;

namespace E2LLM.Benchmarks.Scale;

/// <summary>Results of several sizes side by side, as Markdown.</summary>
internal static class ScaleTable
{
    public static void Write(IReadOnlyList<ScaleResult> results, TextWriter to)
    {
        Row("devices", result => $"{result.Devices}");
        to.WriteLine("|---" + string.Concat(results.Select(_ => "|---:")) + "|");
        Row("replicas (PREFILL or DECODER of them)", result => $"{result.Replicas} ({result.Splits})");
        Row("stages", result => $"{result.Stages}");
        Row("fleet whole, s after the last silo's start", result => Text(result.Joined.Taken));
        Row("all profiled, s", result => Text(result.Joined.Profiled));
        Row("planned, s", result => Text(result.Joined.Planned));
        Row("every replica serves, s", result => Text(result.Joined.Serving));
        Row("processor time of all silos until then, s", result => Text(result.Joined.CpuSeconds));
        Row("**calls a request**", result => Text(result.CallNames.Where(name => name != CallCounter.Store).Sum(result.PerRequest)));
        foreach (var name in Names(results, result => name => Math.Abs(result.PerRequest(name)) >= 0.05))
            Row($"{name}", result => Text(result.PerRequest(name)));
        Row("bytes of messages a token", result => Text(result.MessageBytesPerToken));
        Row("bytes on the data port a token", result => Text(result.KvBytesPerToken));
        Row("processor time a request, ms", result => Text(1e3 * (result.Loaded.CpuSeconds - result.Quiet.CpuSeconds / result.Quiet.Seconds * result.Loaded.Seconds) / result.Requests));
        Row("**calls a second at rest**", result => Text(result.CallNames.Sum(result.Quiet.PerSecond)));
        foreach (var name in Names(results, result => name => result.Quiet.PerSecond(name) >= 0.05))
            Row($"{name}", result => Text(result.Quiet.PerSecond(name)));
        Row("bytes of messages a second at rest", result => Text(result.Quiet.Counts.MessageBytes / result.Quiet.Seconds));
        Row("processor time at rest, % of a core", result => Text(100 * result.Quiet.CpuSeconds / result.Quiet.Seconds));

        void Row(string name, Func<ScaleResult, string> value) => to.WriteLine($"| {name} | {string.Join(" | ", results.Select(value))} |");
    }

    private static IEnumerable<string> Names(IReadOnlyList<ScaleResult> results, Func<ScaleResult, Func<string, bool>> isWorthARow) => results
        .SelectMany(result => result.CallNames.Where(isWorthARow(result)))
        .Distinct().Order(StringComparer.Ordinal);

    private static string Text(double value) => value.ToString(Math.Abs(value) < 100 ? "0.0" : "#,##0", CultureInfo.InvariantCulture);
}
