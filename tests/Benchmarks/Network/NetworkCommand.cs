using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using E2LLM.Benchmarks.Nodes;
using E2LLM.Cli.Namespaces;
using E2LLM.Core.Fleets;

namespace E2LLM.Benchmarks.Network;

/// <summary>
/// <c>network</c>: two silos in two network namespaces, over links with delay, rate and loss, each figure beside that of a bare TCP connection over
/// the same link. This process is the wire; Linux, as root.
/// </summary>
internal static class NetworkCommand
{
    private static readonly (string Name, LinkSpec Link)[] Links =
    [
        ("1 ms, 100 Mbit/s", new LinkSpec { From = "", To = "", BandwidthBytesPerSecond = 12.5e6, LatencySeconds = 1e-3 }),
        ("Wi-Fi: 5 ms, 30 MB/s, 0.5 % loss", new LinkSpec { From = "", To = "", BandwidthBytesPerSecond = 30e6, LatencySeconds = 5e-3, LossShare = 0.005 }),
    ];

    private const string CongestionFile = "/proc/sys/net/ipv4/tcp_congestion_control";

    public static Command Create()
    {
        var rounds = new Option<int>("--rounds") { Description = "Each case is run once a round.", DefaultValueFactory = _ => 5 };
        var shape = new Option<string>("--shape") { Description = "Shape of the random-weight model whose KV cache is handed on.", DefaultValueFactory = _ => "qwen2.5-0.5b" };
        var prompt = new Option<int>("--prompt-tokens") { Description = "Of that hand-off.", DefaultValueFactory = _ => 512 };
        var only = new Option<int?>("--link") { Description = "0: 1 ms, 1: Wi-Fi. Default: both." };
        var congestion = new Option<string?>("--congestion") { Description = "TCP's congestion control in both namespaces: cubic, bbr. Default: the system's." };
        var data = new Option<DirectoryInfo>("--data")
        {
            Description = "Where the model and its slices are kept.",
            DefaultValueFactory = _ => new DirectoryInfo(Path.Combine(Path.GetTempPath(), "e2llm-benchmarks")),
        };
        var command = new Command("network", "Two silos in two network namespaces against the bare link between them. Linux, as root.") { rounds, shape, prompt, only, congestion, data };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            FogNetwork.ThrowIfImpossible();
            foreach (var (name, link) in arguments.GetValue(only) is { } index ? Links[index..(index + 1)] : Links)
            {
                Console.WriteLine($"measured: {name} each way, a wire in user space between two network namespaces; real TCP, real engines where nothing else is said");
                await using var network = await FogNetwork.CreateAsync(2, (_, _) => link, cancellationToken);
                if (arguments.GetValue(congestion) is { } control)
                    foreach (var member in Enumerable.Range(0, 2))
                        await IpCommand.RunAsync($"netns exec {NamespaceNames.Namespace(Environment.ProcessId, member)} sh -c \"echo {control} > {CongestionFile}\"", cancellationToken);
                Console.WriteLine($"TCP congestion control: {arguments.GetValue(congestion) ?? (await File.ReadAllTextAsync(CongestionFile, cancellationToken)).Trim()}");
                var spec = new NetworkSpec
                {
                    OwnAddress = $"{network.AddressOf(0)}",
                    PeerAddress = $"{network.AddressOf(1)}",
                    PeerNamespace = NamespaceNames.Namespace(Environment.ProcessId, 1),
                    DelaySeconds = link.LatencySeconds,
                    Rounds = arguments.GetValue(rounds),
                    Shape = arguments.GetValue(shape)!,
                    DataDirectory = arguments.GetValue(data)!.FullName,
                    DemoModel = Path.Combine(AppContext.BaseDirectory, "models", "e2llm-demo-q8_0.gguf"),
                    PromptTokens = arguments.GetValue(prompt),
                };
                using var end = Process.Start(OwnProgram.Command(NamespaceNames.Namespace(Environment.ProcessId, 0), NetworkEndCommand.Name, JsonSerializer.Serialize(spec)))!;
                await end.WaitForExitAsync(cancellationToken);
                if (end.ExitCode != 0)
                    return end.ExitCode;
            }
            return 0;
        });
        return command;
    }
}
