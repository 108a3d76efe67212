using E2LLM.Core.Errors;

namespace E2LLM.DataPlane.Sending;

/// <summary>How KV caches are sent. Section "E2LLM:KvSender".</summary>
public sealed record KvSenderOptions
{
    public const string Section = "E2LLM:KvSender";

    /// <summary>Parallel connections of a transfer. Default 4; 1 to 8.</summary>
    public int Sockets { get; init; } = 4;

    /// <summary>
    /// Bytes of blocks that are kept, sent or not, until the receiver has them; more have to wait. One block always may go. Default
    /// 64 MiB; 1 to 1 TiB.
    /// </summary>
    public long MaxUnacknowledgedBytes { get; init; } = 64 << 20;

    /// <summary>Times in a row that a connection is opened again without getting a block across. Default 5; 0 to 100.</summary>
    public int MaxReconnects { get; init; } = 5;

    /// <summary>Seconds before the first of them; doubles with each, up to 2 s. Default 0.05; 0.001 to 2.</summary>
    public double ReconnectDelaySeconds { get; init; } = 0.05;

    /// <summary>Seconds to connect and be greeted. Default 5; 0.1 to 60.</summary>
    public double ConnectSeconds { get; init; } = 5;

    /// <summary>Seconds after which a connection that takes and answers nothing counts as broken. Default 30; 1 to 3,600.</summary>
    public double StallSeconds { get; init; } = 30;

    /// <summary>
    /// Awaited with the bytes of each block before it is written, as an emulated link does. Runs on the task scheduler that the sender
    /// was opened on, a grain's for instance, else on one of the sender's own; never two at once between awaits. Default: null.
    /// </summary>
    public Func<long, CancellationToken, Task>? Pace { get; init; }

    /// <summary>As <see cref="Receiving.KvDataPortOptions.Secure"/>; told that this side is not the server. Default: null.</summary>
    public Func<Stream, bool, CancellationToken, Task<Stream>>? Secure { get; init; }

    /// <exception cref="ConfigurationException">Names every value that is out of range.</exception>
    internal void Validate()
    {
        List<string> errors = [];
        Check(nameof(Sockets), Sockets, 1, 8);
        Check(nameof(MaxUnacknowledgedBytes), MaxUnacknowledgedBytes, 1, 1L << 40);
        Check(nameof(MaxReconnects), MaxReconnects, 0, 100);
        Check(nameof(ReconnectDelaySeconds), ReconnectDelaySeconds, 0.001, 2);
        Check(nameof(ConnectSeconds), ConnectSeconds, 0.1, 60);
        Check(nameof(StallSeconds), StallSeconds, 1, 3_600);
        if (errors.Count > 0)
            throw new ConfigurationException(string.Join(" ", errors));

        void Check(string key, double value, double min, double max)
        {
            if (!(value >= min && value <= max))
                errors.Add($"{Section}:{key} is {value}; it must be {min} to {max}.");
        }
    }
}
