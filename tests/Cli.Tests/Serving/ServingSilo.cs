using System.Text.RegularExpressions;
using E2LLM.Cli.Tests.Processes;

namespace E2LLM.Cli.Tests.Serving;

/// <summary><c>e2llm serve</c> in a process of its own, serving the demo's model.</summary>
internal sealed partial class ServingSilo : IAsyncDisposable
{
    /// <summary>Two devices so slow that an answer of 200 tokens takes several seconds.</summary>
    public const string SlowFleet =
        """{ "name": "slow", "devices": [{ "id": "a", "memory": "64 MiB", "slowdown": 40 }, { "id": "b", "memory": "6 MiB", "slowdown": 40 }] }""";

    private readonly string _output;

    private ServingSilo(CliProcess process, string output)
    {
        Process = process;
        _output = output;
        Http = new HttpClient { BaseAddress = new Uri(Address), Timeout = TimeSpan.FromSeconds(120) };
    }

    public CliProcess Process { get; }

    /// <summary>At the printed address.</summary>
    public HttpClient Http { get; }

    public string OrleansGateway => GatewayAddress().Match(_output).Groups["address"].Value;

    private string Address => ApiAddress().Match(_output).Groups["address"].Value;

    /// <summary>Returns once the fleet serves.</summary>
    public static async Task<ServingSilo> StartAsync(TemporaryFolder folder, Dictionary<string, string> configuration, params string[] arguments)
    {
        var process = CliProcess.Start(configuration, ["serve", "--data", folder.Path, "--port", "0", .. arguments]);
        await process.WaitForErrorAsync("Serving ");
        return new ServingSilo(process, await process.WaitForOutputAsync("Orleans  "));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Process.DisposeAsync();
    }

    [GeneratedRegex(@"OpenAI API\s+(?<address>http://\S+?)/v1")]
    private static partial Regex ApiAddress();

    [GeneratedRegex(@"Orleans\s+(?<address>[\d.]+:\d+)")]
    private static partial Regex GatewayAddress();
}
