using E2LLM.Core.Plans;

namespace E2LLM.Simulation.Results;

/// <summary>When things happened to a request, in virtual seconds since the start.</summary>
public sealed record RequestTimes
{
    public required double ArrivalSeconds { get; init; }

    /// <summary>The replica that read the prompt.</summary>
    public required string PrefillReplica { get; init; }

    /// <summary>The replica that wrote the answer.</summary>
    public required string DecodeReplica { get; init; }

    public required int PromptTokens { get; init; }

    public required int AnswerTokens { get; init; }

    /// <summary>In queues, from arrival on: for its prompt, and after a hand-off for a slot beyond the time that its cache travelled.</summary>
    public double WaitSeconds { get; set; }

    /// <summary>What travelled of its KV cache from one replica to another.</summary>
    public double KvBytes { get; set; }

    public double FirstTokenSeconds { get; set; }

    public double EndSeconds { get; set; }

    public double TimeToFirstTokenSeconds => FirstTokenSeconds - ArrivalSeconds;

    /// <summary>Between tokens, on average; 0 for an answer of one token.</summary>
    public double SecondsPerOutputToken => AnswerTokens > 1 ? (EndSeconds - FirstTokenSeconds) / (AnswerTokens - 1) : 0;

    public double EndToEndSeconds => EndSeconds - ArrivalSeconds;

    /// <summary>Whether both targets are met. An answer of one token has no time between tokens to miss.</summary>
    public bool Meets(ServiceTargets targets) => TimeToFirstTokenSeconds <= targets.TtftSeconds && SecondsPerOutputToken <= targets.TpotSeconds;
}
