using E2LLM.Core.Configuration;
using E2LLM.Core.Errors;

namespace E2LLM.DataPlane.Sending;

/// <summary>How KV caches are sent. Section "E2LLM:KvSender".</summary>
public sealed record KvSenderOptions
{
    public const string Section = "E2LLM:KvSender";

    /// <summary>Parallel connections of a transfer.</summary>
    [OptionRange(1, 8)]
    public int Sockets { get; init; } = 4;

    /// <summary>
    /// Bytes of blocks that are kept, sent or not, until the receiver has them; more have to wait. One block always may go.
    /// </summary>
    [OptionRange(1, 1L << 40)]
    public long MaxUnacknowledgedBytes { get; init; } = 64 << 20;

    /// <summary>Times in a row that a connection is opened again without getting a block across.</summary>
    [OptionRange(0, 100)]
    public int MaxReconnects { get; init; } = 5;

    /// <summary>Seconds before the first of them; doubles with each, up to 2 s.</summary>
    [OptionRange(0.001, 2)]
    public double ReconnectDelaySeconds { get; init; } = 0.05;

    /// <summary>Seconds to connect and be greeted.</summary>
    [OptionRange(0.1, 60)]
    public double ConnectSeconds { get; init; } = 5;

    /// <summary>Seconds after which a connection that takes and answers nothing counts as broken.</summary>
    [OptionRange(1, 3600)]
    public double StallSeconds { get; init; } = 30;

    /// <summary>TCP's congestion control of the connections to other machines, on Linux; where the system has no such one, or does not let the process have it, its own is taken.</summary>
    [OptionText(Valid = "a name that the system knows, or empty for its own")]
    public string CongestionControl { get; init; } = "bbr";

    /// <summary>
    /// Awaited with the bytes of each block before it is written, as an emulated link does. Runs on the task scheduler that the sender
    /// was opened on, a grain's for instance, else on one of the sender's own; never two at once between awaits. Default: null.
    /// </summary>
    public Func<long, CancellationToken, Task>? Pace { get; init; }

    /// <summary>As <see cref="Receiving.KvDataPortOptions.Secure"/>; told that this side is not the server. Default: null.</summary>
    public Func<Stream, bool, CancellationToken, Task<Stream>>? Secure { get; init; }

    /// <exception cref="ConfigurationException">Names every value that is out of range.</exception>
    internal void Validate() => new OptionErrors(Section).CheckRanges(this).ThrowIfAny();
}
