namespace E2LLM.Grains.Requests;

/// <summary>Options of requests. Section "E2LLM:Requests".</summary>
public sealed class RequestOptions
{
    public const string Section = "E2LLM:Requests";

    /// <summary>
    /// Seconds that tokens may lie unread before their reader counts as gone and the request is cancelled. Default 30; 1 to 3,600.
    /// </summary>
    public double ReaderLeaseSeconds { get; set; } = 30;
}
