namespace E2LLM.Scheduling.Routing;

/// <summary>What a hand-off takes.</summary>
/// <param name="SentSeconds">For the request's own KV cache, alone.</param>
/// <param name="AheadSeconds">For those that the decoder awaits before.</param>
internal readonly record struct HandOffCost(double SentSeconds, double AheadSeconds);
