using System.Net;

namespace E2LLM.Gateway.Access;

/// <summary>The names and addresses that a client may call this gateway by: those of loopback, and what is configured.</summary>
internal sealed class AllowedHosts
{
    private readonly HashSet<string> _names;
    private readonly bool _any;

    /// <param name="option">Names or addresses without port, separated by commas, or "*".</param>
    public AllowedHosts(string option)
    {
        var names = NameList.Read(option);
        _any = NameList.HasAny(names);
        _names = new HashSet<string>(names.Select(Plain), StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Whether an entry of the option is a name or an address, and nothing more.</summary>
    public static bool IsValid(string entry) => entry == NameList.Any || Uri.CheckHostName(entry) != UriHostNameType.Unknown;

    /// <param name="host">As the request says it, without port; empty where it says none.</param>
    public bool Contains(string host)
    {
        var plain = Plain(host);
        return _any
            || plain.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(plain, out var address) && IPAddress.IsLoopback(address))
            || _names.Contains(plain);
    }

    // "[::1]" is ::1, and a name with a dot at its end is the same name.
    private static string Plain(string host) => host.StartsWith('[') ? host.Trim('[', ']') : host.TrimEnd('.');
}
