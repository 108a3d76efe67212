namespace E2LLM.Grains.Requests;

/// <summary>Options of requests. Section "E2LLM:Requests".</summary>
public sealed class RequestOptions
{
    public const string Section = "E2LLM:Requests";

    /// <summary>
    /// Seconds that tokens may lie unread before their reader counts as gone and the request is cancelled. Default 30; 1 to 3,600.
    /// </summary>
    public double ReaderLeaseSeconds { get; set; } = 30;

    /// <summary>How often a request may go on elsewhere because a replica failed. Default 5; 0 (it fails with the replica) to 100.</summary>
    public int MaxReplays { get; set; } = 5;

    /// <summary>
    /// Seconds that a request waits for a replica that takes it, where all are out of service. Default 120; 0 to 3,600.
    /// </summary>
    public double ReplicaWaitSeconds { get; set; } = 120;
}
