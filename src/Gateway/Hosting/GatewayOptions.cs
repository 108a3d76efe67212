namespace E2LLM.Gateway.Hosting;

/// <summary>Limits and manners of the front door. Bound from <see cref="Section"/>; all errors are reported together at start.</summary>
public sealed class GatewayOptions
{
    public const string Section = "E2LLM:Gateway";

    /// <summary>The model of a request that names none. Default: empty, which takes the catalog's model where there is but one.</summary>
    public string DefaultModel { get; set; } = "";

    /// <summary>Bytes of a request's body. Default 4 MiB; 1,024 to 64 MiB. A longer one gets status 413.</summary>
    public int MaxBodyBytes { get; set; } = 4 << 20;

    /// <summary>Messages of a conversation. Default 1,024; 1 to 65,536.</summary>
    public int MaxMessages { get; set; } = 1024;

    /// <summary>UTF-16 characters of all messages together, checked before tokenising. Default 2,097,152; 1 to 67,108,864.</summary>
    public int MaxPromptCharacters { get; set; } = 2 << 20;

    /// <summary>
    /// Seconds without a token after which a stream gets a comment line, so that proxies keep it open. Until the first of them, an
    /// error still has a status of its own; after it the error is an event. Default 10; 0.01 to 300.
    /// </summary>
    public double KeepAliveSeconds { get; set; } = 10;

    /// <summary>Seconds in the Retry-After of 429 and 503 where the fleet does not quote its wait. Default 2; 1 to 3,600.</summary>
    public int RetryAfterSeconds { get; set; } = 2;

    /// <summary>Seconds that a plan, or the statistics, may take to say how it is before it counts as not ready. Default 5; 0.1 to 60.</summary>
    public double StatusTimeoutSeconds { get; set; } = 5;
}
