namespace E2LLM.Scheduling.Routing;

/// <summary>When the answer starts, the hand-off included; among equals, when the pending work is done.</summary>
internal static class LeastWaitCost
{
    /// <summary>Where all replicas run whole requests the queue alone counts, not the reading.</summary>
    public static (double First, double Second) OfReplica(PartEstimate whole) => (whole.WaitSeconds, whole.DoneSeconds);

    public static (double First, double Second) OfWhole(PartEstimate whole) => (whole.WaitSeconds + whole.ReadSeconds, whole.DoneSeconds);

    /// <summary>Until the second token's turn comes on the replica that writes the answer.</summary>
    public static (double First, double Second) OfHandOff(PartEstimate prompt, PartEstimate answer, HandOffCost handOff)
    {
        // The cache travels while later layers and chunks are still computed, and the decoder's slot may come free meanwhile. It shares the
        // decoder's interface with those that come before it.
        var arrivedSeconds = prompt.WaitSeconds + Math.Max(prompt.ReadSeconds, handOff.SentSeconds);
        return (
            Math.Max(Math.Max(arrivedSeconds, handOff.AheadSeconds + handOff.SentSeconds), answer.WaitSeconds),
            Math.Max(prompt.DoneSeconds, answer.DoneSeconds));
    }
}
