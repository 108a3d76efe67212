using E2LLM.Core.Plans;

namespace E2LLM.Simulation.Results;

/// <summary>When things happened to a request, in virtual seconds since the start.</summary>
public sealed record RequestTimes
{
    public required double ArrivalSeconds { get; init; }

    /// <summary>The replica that read the prompt; the last one, where several did.</summary>
    public required string PrefillReplica { get; set; }

    /// <summary>The replica that wrote the answer, or its end.</summary>
    public required string DecodeReplica { get; set; }

    public required int PromptTokens { get; init; }

    public required int AnswerTokens { get; init; }

    /// <summary>In queues, from arrival on: for its prompt, after a hand-off for a slot beyond the time that its cache travelled, and where no replica serves for one that does.</summary>
    public double WaitSeconds { get; set; }

    /// <summary>What travelled of its KV cache from one replica to another.</summary>
    public double KvBytes { get; set; }

    /// <summary>How often it went on elsewhere because its replica was gone.</summary>
    public int Replays { get; set; }

    /// <summary>Tokens of prompt and answer that were read once more, because the replica that had begun to read them was gone.</summary>
    public int RecomputedTokens { get; set; }

    public double FirstTokenSeconds { get; set; }

    public double EndSeconds { get; set; }

    public double TimeToFirstTokenSeconds => FirstTokenSeconds - ArrivalSeconds;

    /// <summary>Between tokens, on average; 0 for an answer of one token.</summary>
    public double SecondsPerOutputToken => AnswerTokens > 1 ? (EndSeconds - FirstTokenSeconds) / (AnswerTokens - 1) : 0;

    public double EndToEndSeconds => EndSeconds - ArrivalSeconds;

    /// <summary>Whether both targets are met. An answer of one token has no time between tokens to miss.</summary>
    public bool Meets(ServiceTargets targets) => TimeToFirstTokenSeconds <= targets.TtftSeconds && SecondsPerOutputToken <= targets.TpotSeconds;
}
