using E2LLM.Core.Configuration;

namespace E2LLM.Grains.Requests;

/// <summary>Options of requests. Section "E2LLM:Requests".</summary>
public sealed class RequestOptions
{
    public const string Section = "E2LLM:Requests";

    /// <summary>Seconds that tokens may lie unread before their reader counts as gone and the request is cancelled.</summary>
    [OptionRange(1, 3600)]
    public double ReaderLeaseSeconds { get; set; } = 30;

    /// <summary>How often a request may go on elsewhere because a replica failed; with 0 it fails with the replica.</summary>
    [OptionRange(0, 100)]
    public int MaxReplays { get; set; } = 5;

    /// <summary>Seconds that a request waits for a replica that takes it, where all are out of service.</summary>
    [OptionRange(0, 3600)]
    public double ReplicaWaitSeconds { get; set; } = 120;

    /// <summary>Whether the journal keeps the tokens of prompts and answers; without, only counts, times and how a request ended.</summary>
    public bool StoreText { get; set; } = true;
}
