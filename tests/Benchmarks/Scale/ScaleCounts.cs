namespace E2LLM.Benchmarks.Scale;

/// <summary>What has left one process, or all of them, since its start or between two moments.</summary>
/// <param name="Calls">Grain calls by name.</param>
/// <param name="MessageBytes">Of Orleans' messages between processes, headers and answers included.</param>
/// <param name="KvBytes">Of KV caches on the data port.</param>
internal sealed record ScaleCounts(Dictionary<string, long> Calls, long MessageBytes, long KvBytes)
{
    public static ScaleCounts Sum(IEnumerable<ScaleCounts> parts)
    {
        ScaleCounts[] all = [.. parts];
        return new ScaleCounts(
            all.SelectMany(part => part.Calls).GroupBy(call => call.Key).ToDictionary(calls => calls.Key, calls => calls.Sum(call => call.Value)),
            all.Sum(part => part.MessageBytes),
            all.Sum(part => part.KvBytes));
    }

    public ScaleCounts Since(ScaleCounts before) => new(
        Calls.ToDictionary(call => call.Key, call => call.Value - before.Calls.GetValueOrDefault(call.Key)),
        MessageBytes - before.MessageBytes,
        KvBytes - before.KvBytes);
}
