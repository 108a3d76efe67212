using E2LLM.Core.Configuration;
using E2LLM.Gateway.Access;

namespace E2LLM.Gateway.Hosting;

/// <summary>Limits and manners of the front door. Bound from <see cref="Section"/>; all errors are reported together at start.</summary>
public sealed class GatewayOptions
{
    public const string Section = "E2LLM:Gateway";

    /// <summary>The model of a request that names none; empty takes the catalog's model where there is but one.</summary>
    [OptionText(Default = "the only model", Valid = "the name of a model that is served")]
    public string DefaultModel { get; set; } = "";

    /// <summary>
    /// Names and addresses, without port, that clients may call the gateway by beside those of loopback; separated by commas. Whoever
    /// asks for another host gets status 403.
    /// </summary>
    [OptionText(Default = "loopback alone", Valid = "names or addresses without port, separated by commas, or *: any")]
    public string AllowedHosts { get; set; } = "";

    /// <summary>Origins of web pages that may use the API, such as "http://localhost:3000"; separated by commas.</summary>
    [OptionText(Default = "none", Valid = "origins with scheme and without path, separated by commas, or *: any")]
    public string CorsOrigins { get; set; } = "";

    /// <summary>Bytes of a request's body. A longer one gets status 413.</summary>
    [OptionRange(1024, 64 << 20)]
    public int MaxBodyBytes { get; set; } = 4 << 20;

    /// <summary>
    /// Bytes of the bodies of all requests that are in work, from the first byte to the end of the answer. A request that would go
    /// beyond it gets status 429.
    /// </summary>
    [OptionRange(1024, 1 << 30)]
    public int MaxBodyBytesInFlight { get; set; } = 32 << 20;

    /// <summary>
    /// Seconds for a request's body to arrive in whole; beyond them its client gets status 408. The server's own least rate counts
    /// from the first byte on: who has sent much at once may be silent for an hour, and the budget of all bodies be his.
    /// </summary>
    [OptionRange(0.1, 3600)]
    public double BodySeconds { get; set; } = 30;

    /// <summary>Messages of a conversation.</summary>
    [OptionRange(1, 65_536)]
    public int MaxMessages { get; set; } = 1024;

    /// <summary>UTF-16 characters of all messages together, checked before tokenising.</summary>
    [OptionRange(1, 64 << 20)]
    public int MaxPromptCharacters { get; set; } = 2 << 20;

    /// <summary>
    /// Seconds without a token after which a stream gets a comment line, so that proxies keep it open. Until the first of them, an
    /// error still has a status of its own; after it the error is an event.
    /// </summary>
    [OptionRange(0.01, 300)]
    public double KeepAliveSeconds { get; set; } = 10;

    /// <summary>Seconds in the Retry-After of 429 and 503 where the fleet does not quote its wait.</summary>
    [OptionRange(1, 3600)]
    public int RetryAfterSeconds { get; set; } = 2;

    /// <summary>Seconds that answers have to end when the host stops; then they end with an error that invites to ask again.</summary>
    [OptionRange(0, 3600)]
    public double DrainSeconds { get; set; } = 20;

    /// <summary>Seconds that a plan, or the statistics, may take to say how it is before it counts as not ready.</summary>
    [OptionRange(0.1, 60)]
    public double StatusTimeoutSeconds { get; set; } = 5;

    /// <summary>Beyond the ranges of single options.</summary>
    public void Check(OptionErrors errors, IEnumerable<string> models)
    {
        if (MaxBodyBytesInFlight < MaxBodyBytes)
            errors.Add(nameof(MaxBodyBytesInFlight), MaxBodyBytesInFlight, $"at least {errors.Key(nameof(MaxBodyBytes))}, which is {MaxBodyBytes}");
        if (DefaultModel.Length > 0)
            errors.CheckName(nameof(DefaultModel), DefaultModel, [.. models]);
        foreach (var host in NameList.Read(AllowedHosts).Where(host => !Access.AllowedHosts.IsValid(host)))
            errors.Add(nameof(AllowedHosts), host, "a name or an address without port");
        foreach (var origin in NameList.Read(CorsOrigins).Where(origin => !CorsAccess.IsValid(origin)))
            errors.Add(nameof(CorsOrigins), origin, "an origin with scheme and without path, such as http://localhost:3000");
    }
}
