namespace E2LLM.Cli.Bench.Measures;

/// <summary>What became of one request. All times are seconds after the start of the load, by this program's clock.</summary>
internal sealed record RequestOutcome
{
    public required int Index { get; init; }

    /// <summary>When it should have been sent. In an open loop every latency counts from here, so that a load generator, or a
    /// server, that is late hides nothing (coordinated omission). In a closed loop it is due when it is sent.</summary>
    public required double DueSeconds { get; init; }

    public required double SentSeconds { get; init; }

    /// <summary>When the stream was at its end, or failed.</summary>
    public required double EndSeconds { get; init; }

    /// <summary>When each piece of text came.</summary>
    public IReadOnlyList<double> ContentSeconds { get; init; } = [];

    /// <summary>As the server counts; null where it does not say.</summary>
    public int? PromptTokens { get; init; }

    /// <summary>As the server counts; where it does not say, the pieces of text.</summary>
    public int AnswerTokens { get; init; }

    public string? RequestId { get; init; }

    /// <summary>Time in the server's queue, by the server's clock; null where it does not say.</summary>
    public double? QueueSeconds { get; init; }

    /// <summary>Null for a whole answer.</summary>
    public RequestFault? Fault { get; init; }

    /// <summary>Time to first token: until the first text that is not empty.</summary>
    public double? TtftSeconds => ContentSeconds.Count > 0 ? ContentSeconds[0] - DueSeconds : null;

    public double E2eSeconds => EndSeconds - DueSeconds;

    /// <summary>Time per output token after the first; null below two tokens.</summary>
    public double? TpotSeconds => AnswerTokens < 2 ? null : (E2eSeconds - TtftSeconds) / (AnswerTokens - 1);

    /// <summary>Inter-token latencies: gaps between pieces of text. A server that sends several tokens in one piece has fewer of them.</summary>
    public IEnumerable<double> ItlSeconds => ContentSeconds.Zip(ContentSeconds.Skip(1), (before, after) => after - before);
}
