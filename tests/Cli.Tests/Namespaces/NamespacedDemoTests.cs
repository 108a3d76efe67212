using System.Text.Json;
using E2LLM.Cli.Namespaces;
using E2LLM.Cli.Tests.Processes;

namespace E2LLM.Cli.Tests.Namespaces;

public sealed class NamespacedDemoTests : IDisposable
{
    /// <summary>The demo's model fits into neither of the two.</summary>
    private const string WiFi = """
        {
          "name": "wi-fi",
          "defaultLink": { "bandwidth": "30 MB/s", "latency": "5 ms", "loss": "0.5 %" },
          "devices": [{ "id": "a", "memory": "10 MiB" }, { "id": "b", "memory": "10 MiB" }]
        }
        """;

    private const double OneWaySeconds = 0.005;

    /// <summary>No process has it.</summary>
    private const int DeadProcess = 999_999_999;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [NamespacesFact]
    public async Task Demo_WithNamespaces_AnswersAsOneProcessDoesOverLinksThatTakeTheirTimeAndLeavesNothing()
    {
        using var alone = await RunAsync();
        var left = NamespaceNames.Namespace(DeadProcess, 0);
        await IpCommand.RunAsync($"netns add {left}", CancellationToken.None);

        using var fog = await RunAsync("--processes", "2", "--namespaces", "--fleet", _folder.Write("fleet.json", WiFi));

        Assert.Equal(Text(alone, "answer"), Text(fog, "answer"));
        Assert.StartsWith("network namespaces", Text(fog, "network"));
        // Each token goes to the second silo and comes back.
        Assert.InRange(fog.RootElement.GetProperty("timeline").GetProperty("secondsPerOutputToken").GetDouble(), 2 * OneWaySeconds, 120);
        var namespaces = await IpCommand.RunAsync("netns list", CancellationToken.None);
        Assert.DoesNotContain(left, namespaces);
        Assert.Empty(NamespaceNames.Left(namespaces, process => Directory.Exists($"/proc/{process}")));
    }

    [Fact]
    public async Task Demo_NamespacesOfOneProcess_SaysThatItNeedsTwo()
    {
        var run = await CliProcess.RunAsync("demo", "--namespaces");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("--namespaces needs --processes 2 or more", run.Error);
    }

    private async Task<JsonDocument> RunAsync(params string[] more)
    {
        var run = await CliProcess.RunAsync(["demo", "--once", "--json", "--temperature", "0", "--max-tokens", "24", "--data", _folder.Path, "--port", "0", .. more]);
        Assert.True(run.ExitCode == 0, run.Error);
        return JsonDocument.Parse(run.Output);
    }

    private static string? Text(JsonDocument report, string name) => report.RootElement.GetProperty(name).GetString();
}
