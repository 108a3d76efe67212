using System.Net;
using E2LLM.Core.Errors;

namespace E2LLM.DataPlane.Receiving;

/// <summary>Where a process takes KV caches in. Section "E2LLM:DataPort".</summary>
public sealed record KvDataPortOptions
{
    public const string Section = "E2LLM:DataPort";

    /// <summary>
    /// Address to listen on. Default 127.0.0.1. Any other than a loopback address needs TLS or <see cref="AllowPlaintext"/>.
    /// </summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>TCP port. Default 0, which takes a free one; 0 to 65,535.</summary>
    public int Port { get; init; }

    /// <summary>
    /// Name or address that senders are told. Default: null, which is <see cref="Address"/>; an address that stands for any needs it.
    /// </summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>Connections at once, of all transfers and of strangers; more are closed at once. Default 256; 1 to 65,536.</summary>
    public int MaxConnections { get; init; } = 256;

    /// <summary>Seconds that a connection may take to prove which transfer it is for. Default 5; 0.1 to 60.</summary>
    public double HandshakeSeconds { get; init; } = 5;

    /// <summary>Lets caches and tokens cross a network unencrypted. Default false.</summary>
    public bool AllowPlaintext { get; init; }

    /// <summary>
    /// Wraps each connection, as with TLS; it is told the raw stream and that this side is the server. The stream that it returns
    /// closes the raw one. Default: null, which is none.
    /// </summary>
    public Func<Stream, bool, CancellationToken, Task<Stream>>? Secure { get; init; }

    /// <returns>The address to listen on.</returns>
    /// <exception cref="ConfigurationException">Names every value that is out of range.</exception>
    internal IPAddress Validate()
    {
        List<string> errors = [];
        if (!IPAddress.TryParse(Address, out var address))
            errors.Add($"{Section}:Address is '{Address}'; it must be an IP address.");
        else if (!IPAddress.IsLoopback(address) && Secure is null && !AllowPlaintext)
            errors.Add(
                $"{Section}:Address is {Address}, which other machines reach, without TLS; configure it, or set {Section}:AllowPlaintext.");
        if (AdvertisedHost is null && (IPAddress.Any.Equals(address) || IPAddress.IPv6Any.Equals(address)))
            errors.Add($"{Section}:AdvertisedHost is not set; with {Section}:Address {Address} it must name this machine.");
        if (Port is < 0 or > 65_535)
            errors.Add($"{Section}:Port is {Port}; it must be 0 to 65535.");
        if (MaxConnections is < 1 or > 65_536)
            errors.Add($"{Section}:MaxConnections is {MaxConnections}; it must be 1 to 65536.");
        if (HandshakeSeconds is not (>= 0.1 and <= 60))
            errors.Add($"{Section}:HandshakeSeconds is {HandshakeSeconds}; it must be 0.1 to 60.");
        return errors.Count == 0 ? address! : throw new ConfigurationException(string.Join(" ", errors));
    }
}
