using E2LLM.Benchmarks.Load;

namespace E2LLM.Benchmarks.FrozenSilo;

internal enum FreezePhase
{
    /// <summary>It had ended when the silo was stopped.</summary>
    Before,

    /// <summary>Some of its life fell into the time in which the silo stood still.</summary>
    During,

    /// <summary>It was sent after the silo went on.</summary>
    After,
}

/// <summary>A request and what came of it.</summary>
/// <param name="SentAt">On the clock of <see cref="TimeProvider.GetTimestamp"/>.</param>
/// <param name="EndedAt">On the same clock.</param>
/// <param name="Answer">The whole answer; null where there is none.</param>
/// <param name="Fault">Why there is none.</param>
internal sealed record SentRequest(long SentAt, long EndedAt, TimedAnswer? Answer, string Fault)
{
    /// <summary>The replica that ended it, "generation/id"; empty where nobody did.</summary>
    public string Replica => Answer?.Timeline?.Replica ?? "";

    public int Replays => Answer?.Timeline?.Replays ?? 0;

    /// <param name="stoppedAt">On the clock of the request's times.</param>
    /// <param name="continuedAt">On the same clock.</param>
    public FreezePhase Phase(long stoppedAt, long continuedAt) =>
        EndedAt < stoppedAt ? FreezePhase.Before : SentAt > continuedAt ? FreezePhase.After : FreezePhase.During;
}
