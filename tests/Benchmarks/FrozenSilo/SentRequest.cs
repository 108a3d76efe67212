using E2LLM.Benchmarks.Load;
using E2LLM.Core.Requests;

namespace E2LLM.Benchmarks.FrozenSilo;

internal enum FreezePhase
{
    /// <summary>Sent before the silo was stopped.</summary>
    Before,

    /// <summary>Sent while it stood still.</summary>
    During,

    /// <summary>Sent after it went on.</summary>
    After,
}

/// <summary>A request and what came of it.</summary>
/// <param name="Request">What was asked.</param>
/// <param name="Phase">When it was sent.</param>
/// <param name="Answer">The whole answer; null where there is none.</param>
/// <param name="Fault">Why there is none.</param>
internal sealed record SentRequest(GenerationRequest Request, FreezePhase Phase, TimedAnswer? Answer, string Fault)
{
    /// <summary>The replica that ended it, "generation/id"; empty where nobody did.</summary>
    public string Replica => Answer?.Timeline?.Replica ?? "";

    public int Replays => Answer?.Timeline?.Replays ?? 0;
}
