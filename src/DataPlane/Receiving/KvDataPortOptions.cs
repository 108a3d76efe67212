using System.Net;
using E2LLM.Core.Configuration;
using E2LLM.Core.Errors;

namespace E2LLM.DataPlane.Receiving;

/// <summary>Where a process takes KV caches in. Section "E2LLM:DataPort".</summary>
public sealed record KvDataPortOptions
{
    public const string Section = "E2LLM:DataPort";

    /// <summary>Address to listen on. Any other than a loopback address needs TLS or <see cref="AllowPlaintext"/>.</summary>
    [OptionText(Valid = "an IP address")]
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>TCP port.</summary>
    [OptionRange(1, 65_535, Zero = "a free one")]
    public int Port { get; init; }

    /// <summary>Name or address that senders are told; null is <see cref="Address"/>. An address that stands for any needs it.</summary>
    [OptionText(Default = "Address", Valid = "a name or address of this machine")]
    public string? AdvertisedHost { get; init; }

    /// <summary>Connections at once, of all transfers and of strangers; more are closed at once.</summary>
    [OptionRange(1, 65_536)]
    public int MaxConnections { get; init; } = 256;

    /// <summary>Seconds that a connection may take to prove which transfer it is for.</summary>
    [OptionRange(0.1, 60)]
    public double HandshakeSeconds { get; init; } = 5;

    /// <summary>Lets caches and tokens cross a network unencrypted.</summary>
    public bool AllowPlaintext { get; init; }

    /// <summary>
    /// Wraps each connection, as with TLS; it is told the raw stream and that this side is the server. The stream that it returns
    /// closes the raw one. Default: null, which is none.
    /// </summary>
    public Func<Stream, bool, CancellationToken, Task<Stream>>? Secure { get; init; }

    /// <summary>Beyond the ranges of single options.</summary>
    /// <param name="errors">Takes what is wrong.</param>
    /// <param name="willBeSecure">Whether <see cref="Secure"/> is set later.</param>
    public void Check(OptionErrors errors, bool willBeSecure = false)
    {
        if (!IPAddress.TryParse(Address, out var address))
            errors.Add(nameof(Address), Address, "an IP address");
        else if (!IPAddress.IsLoopback(address) && Secure is null && !willBeSecure && !AllowPlaintext)
            errors.Add(
                $"{Section}:Address is {Address}, which other machines reach, without TLS; configure it, or set {Section}:AllowPlaintext.");
        if (AdvertisedHost is null && (IPAddress.Any.Equals(address) || IPAddress.IPv6Any.Equals(address)))
            errors.Add($"{Section}:AdvertisedHost is not set; with {Section}:Address {Address} it must name this machine.");
    }

    /// <returns>The address to listen on.</returns>
    /// <exception cref="ConfigurationException">Names every value that is out of range.</exception>
    internal IPAddress Validate()
    {
        var errors = new OptionErrors(Section).CheckRanges(this);
        Check(errors);
        errors.ThrowIfAny();
        return IPAddress.Parse(Address);
    }
}
