using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;

namespace E2LLM.Cli.Namespaces;

/// <summary>
/// A network on this machine whose members are network namespaces, each with one interface: what one sends to another takes the link between
/// them. This process is on it too, over links that cost nothing. Linux, as root.
/// </summary>
/// <remarks>
/// The links are carried by a thread of this process and not by the kernel's <c>netem</c>, which many kernels have not: one way that works
/// everywhere. It ends with the process, and then nobody can reach anybody.
/// </remarks>
internal sealed class FogNetwork : IAsyncDisposable
{
    public const int MaxMembers = 64;

    private const int SeedOfLosses = 20_000;

    private readonly string _subnet;
    private readonly List<string> _namespaces = [];
    private readonly List<TapDevice> _devices = [];
    private WireThread? _wire;

    private FogNetwork(string subnet) => _subnet = subnet;

    /// <exception cref="ConfigurationException">This system has no such networks, or does not let this process make one; says why.</exception>
    public static void ThrowIfImpossible()
    {
        if (!OperatingSystem.IsLinux())
            throw new ConfigurationException("--namespaces needs Linux, whose kernel has network namespaces. Without it the links are emulated.");
        if (!Environment.IsPrivilegedProcess)
            throw new ConfigurationException("--namespaces needs root, to make network namespaces (sudo e2llm demo ...). Without it the links are emulated.");
        if (!File.Exists(TapDevice.DevicePath))
            throw new ConfigurationException($"--namespaces needs {TapDevice.DevicePath}, which is not there (modprobe tun; of a container: --device {TapDevice.DevicePath}). Without it the links are emulated.");
    }

    /// <summary>Makes it, and removes what processes left that were killed.</summary>
    /// <param name="members">1 to <see cref="MaxMembers"/>.</param>
    /// <param name="link">From one member to another.</param>
    /// <param name="cancellationToken">Nothing stays where it is cancelled.</param>
    /// <exception cref="E2LlmException">The system refuses; in its words.</exception>
    public static async Task<FogNetwork> CreateAsync(int members, Func<int, int, LinkSpec> link, CancellationToken cancellationToken)
    {
        await RemoveLeftAsync(cancellationToken);
        var network = new FogNetwork(FreeSubnet());
        try
        {
            for (var member = 0; member < members; member++)
                await network.AddMemberAsync(member, cancellationToken);
            await network.AddOwnEndAsync(members, cancellationToken);
            network._wire = new WireThread([.. network._devices], new WireSwitch(Links(members, link)), TimeProvider.System);
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    public IPAddress AddressOf(int member) => IPAddress.Parse($"{_subnet}.{member + 1}");

    /// <summary>Has a program run within a member.</summary>
    /// <param name="start">How it is run without that.</param>
    /// <param name="member">Which one.</param>
    public ProcessStartInfo Within(ProcessStartInfo start, int member)
    {
        start.ArgumentList.Insert(0, start.FileName);
        foreach (var word in new[] { _namespaces[member], "exec", "netns" })
            start.ArgumentList.Insert(0, word);
        start.FileName = IpCommand.Program;
        return start;
    }

    /// <summary>Programs within the members have to have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        _wire?.Dispose();
        foreach (var device in _devices)
            device.Dispose();
        foreach (var name in _namespaces)
        {
            try
            {
                await IpCommand.RunAsync($"netns delete {name}", CancellationToken.None);
            }
            catch (E2LlmException)
            {
                // Somebody has removed it, or the next network does: what brought this one to its end is the better thing to hear of.
            }
        }
    }

    private static async Task RemoveLeftAsync(CancellationToken cancellationToken)
    {
        foreach (var name in NamespaceNames.Left(await IpCommand.RunAsync("netns list", cancellationToken), process => Directory.Exists($"/proc/{process}")))
            await IpCommand.RunAsync($"netns delete {name}", cancellationToken);
    }

    private async Task AddMemberAsync(int member, CancellationToken cancellationToken)
    {
        var name = NamespaceNames.Namespace(Environment.ProcessId, member);
        await IpCommand.RunAsync($"netns add {name}", cancellationToken);
        _namespaces.Add(name);
        var link = NamespaceNames.MemberInterface(Environment.ProcessId, member);
        _devices.Add(TapDevice.Create(link));
        await IpCommand.RunAsync($"link set dev {link} netns {name}", cancellationToken);
        await IpCommand.RunAsync($"-netns {name} -batch -", cancellationToken, ["link set dev lo up", .. Settings(link, member)]);
    }

    private Task AddOwnEndAsync(int port, CancellationToken cancellationToken)
    {
        var link = NamespaceNames.OwnInterface(Environment.ProcessId);
        _devices.Add(TapDevice.Create(link));
        return IpCommand.RunAsync("-batch -", cancellationToken, Settings(link, port));
    }

    private string[] Settings(string link, int port) =>
    [
        $"link set dev {link} address {string.Join(':', WireSwitch.AddressOf(port).Select(part => part.ToString("x2")))}",
        $"address add {_subnet}.{port + 1}/24 dev {link}",
        $"link set dev {link} up",
    ];

    /// <summary>Each member to each over its link; this process, which comes last, to all of them over none.</summary>
    private static LinkWire[,] Links(int members, Func<int, int, LinkSpec> link)
    {
        var none = new LinkSpec { From = "", To = "", BandwidthBytesPerSecond = double.PositiveInfinity, LatencySeconds = 0 };
        var links = new LinkWire[members + 1, members + 1];
        for (var from = 0; from <= members; from++)
            for (var to = 0; to <= members; to++)
                links[from, to] = new LinkWire(from < members && to < members && from != to ? link(from, to) : none, SeedOfLosses + (from * MaxMembers) + to);
        return links;
    }

    /// <summary>Of the range that RFC 2544 keeps for tests of networks: no real one has it. One for each process that is at it.</summary>
    private static string FreeSubnet()
    {
        var taken = NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(link => link.GetIPProperties().UnicastAddresses).Select(address => address.Address.ToString()).ToArray();
        return Enumerable.Range(0, 256).Select(part => $"198.18.{part}").FirstOrDefault(subnet => !taken.Any(address => address.StartsWith(subnet + ".", StringComparison.Ordinal)))
            ?? throw new E2LlmException("No addresses of 198.18.0.0/16 are left for a network of --namespaces.");
    }
}
