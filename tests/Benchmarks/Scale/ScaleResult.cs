namespace E2LLM.Benchmarks.Scale;

/// <summary>Seconds since all silos were up.</summary>
/// <param name="Taken">The fleet was whole.</param>
/// <param name="Profiled">Every device had been profiled.</param>
/// <param name="Planned">There was a plan.</param>
/// <param name="Serving">Every replica served.</param>
/// <param name="CpuSeconds">Processor time of all silos until then.</param>
internal sealed record ScaleTimes(double Taken, double Profiled, double Planned, double Serving, double CpuSeconds);

/// <summary>What left the processes in a while.</summary>
internal sealed record ScaleWindow(double Seconds, ScaleCounts Counts, double CpuSeconds)
{
    public double PerSecond(string call) => Counts.Calls.GetValueOrDefault(call) / Seconds;
}

/// <summary>One size of fog.</summary>
internal sealed record ScaleResult
{
    public required int Devices { get; init; }

    public required int Replicas { get; init; }

    /// <summary>Of all replicas.</summary>
    public required int Stages { get; init; }

    /// <summary>Replicas that are PREFILL or DECODER.</summary>
    public required int Splits { get; init; }

    public required int Requests { get; init; }

    public required int AnswerTokens { get; init; }

    public required ScaleTimes Joined { get; init; }

    public required ScaleWindow Quiet { get; init; }

    public required ScaleWindow Loaded { get; init; }

    public IEnumerable<string> CallNames => Quiet.Counts.Calls.Keys.Union(Loaded.Counts.Calls.Keys);

    /// <summary>What is called at rest too counts as far as it is called more often.</summary>
    public double PerRequest(string call) => (Loaded.Counts.Calls.GetValueOrDefault(call) - Quiet.PerSecond(call) * Loaded.Seconds) / Requests;

    /// <summary>Bytes of messages for each token of an answer, above what flows at rest.</summary>
    public double MessageBytesPerToken =>
        (Loaded.Counts.MessageBytes - Quiet.Counts.MessageBytes / Quiet.Seconds * Loaded.Seconds) / Requests / AnswerTokens;

    public double KvBytesPerToken => Loaded.Counts.KvBytes / (double)Requests / AnswerTokens;
}
