using System.Text.RegularExpressions;
using E2LLM.Cli.Tests.Processes;
using E2LLM.Cli.Tests.Readme;

namespace E2LLM.Cli.Tests.Serving;

/// <summary>The first command of the README, which serves on after its answer.</summary>
public sealed partial class ServingDemo : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private CliProcess? _process;

    public string DataDirectory => _folder.Path;

    public string Output { get; private set; } = "";

    /// <summary>Printed address of the HTTP server, without /v1.</summary>
    public string Address => ApiAddress().Match(Output).Groups["address"].Value;

    public string OrleansGateway => GatewayAddress().Match(Output).Groups["address"].Value;

    public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromSeconds(120) };

    public async Task InitializeAsync()
    {
        var arguments = ReadmeFile.CliCommands.First();
        _process = CliProcess.Start([.. arguments, "--data", DataDirectory, "--port", "0"]);
        Output = await _process.WaitForOutputAsync("Ctrl-C ends it.");
    }

    public async Task DisposeAsync()
    {
        Http.Dispose();
        if (_process is not null)
            await _process.DisposeAsync();
        _folder.Dispose();
    }

    [GeneratedRegex(@"OpenAI API\s+(?<address>http://\S+?)/v1")]
    private static partial Regex ApiAddress();

    [GeneratedRegex(@"Orleans\s+(?<address>[\d.]+:\d+)")]
    private static partial Regex GatewayAddress();
}
