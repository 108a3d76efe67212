namespace E2LLM.Scheduling.Routing;

/// <summary>Where a request runs: indexes into the replicas that were offered.</summary>
/// <param name="Prefill">The replica that reads the prompt.</param>
/// <param name="Decode">The replica that writes the answer; the same one where nothing is handed over.</param>
public readonly record struct Route(int Prefill, int Decode)
{
    public bool IsHandOff => Prefill != Decode;

    /// <summary>Estimate of the time until the prompt begins to be read: then the decoder hears of it. 0 where nothing is handed over.</summary>
    public double PrefillWaitSeconds { get; init; }
}
