using System.Text.Json;
using E2LLM.Cli.Tests.Processes;

namespace E2LLM.Cli.Tests.Demo;

public sealed class DemoJsonTests : IDisposable
{
    private const int LayersOfDemoModel = 8;

    private const string OneDevice = """{ "devices": [{ "id": "alone", "memory": "64 MiB" }] }""";

    private const string ThreeDevices = """
        {
          "defaultLink": { "latency": "1 ms" },
          "devices": [
            { "id": "a", "memory": "6 MiB", "slowdown": 3 },
            { "id": "b", "memory": "6 MiB" },
            { "id": "c", "memory": "7 MiB", "slowdown": 2 }
          ]
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Demo_OnceAsJson_IsOneDocumentOfAPlanThatCoversTheModel()
    {
        using var report = await RunAsync("--max-tokens", "16");

        var root = report.RootElement;
        Assert.Equal("e2llm-demo-q8_0", root.GetProperty("model").GetString());
        Assert.Equal(4, root.GetProperty("fleet").GetProperty("devices").GetArrayLength());
        Assert.NotEqual("", root.GetProperty("answer").GetString());
        Assert.All(Replicas(root), replica => Assert.Equal(Enumerable.Range(0, LayersOfDemoModel), Layers(replica)));
        AssertInOrder(root.GetProperty("timeline"));
    }

    /// <summary>The cut into slices, the devices' speeds and the links change when an answer comes, never what it is.</summary>
    [Fact]
    public async Task Demo_AnyFleet_AnswersTheSame()
    {
        using var first = await RunAsync();
        using var again = await RunAsync();
        using var alone = await RunAsync("--fleet", _folder.Write("one.json", OneDevice));
        using var three = await RunAsync("--fleet", _folder.Write("three.json", ThreeDevices));

        Assert.Equal(1, StagesOf(alone));
        Assert.Equal(3, StagesOf(three));
        Assert.Equal(AnswerOf(first), AnswerOf(again));
        Assert.Equal(AnswerOf(first), AnswerOf(alone));
        Assert.Equal(AnswerOf(first), AnswerOf(three));
    }

    [Fact]
    public async Task Demo_TwoAtOnce_AreNotInEachOthersWay()
    {
        using var other = new TemporaryFolder();

        // The ports that a silo has by default: what the tests set themselves would be free ones.
        var ports = new Dictionary<string, string> { ["E2LLM:Silo:SiloPort"] = "11111", ["E2LLM:Silo:GatewayPort"] = "30000" };
        var runs = await Task.WhenAll(new[] { _folder, other }.Select(async folder =>
        {
            await using var demo = CliProcess.Start(ports, "demo", "--once", "--json", "--temperature", "0", "--max-tokens", "4", "--data", folder.Path, "--port", "0");
            return await demo.WaitForExitAsync();
        }));

        Assert.All(runs, run => Assert.True(run.ExitCode == 0, run.Error));
    }

    [Fact]
    public async Task Demo_OfThreeProcesses_AnswersAsOneDoesAndLeavesNobodyBehind()
    {
        using var alone = await RunAsync("--max-tokens", "40");

        var run = await CliProcess.RunAsync("demo", "--processes", "3", "--once", "--json", "--temperature", "0", "--max-tokens", "40", "--data", _folder.Path, "--port", "0");

        Assert.True(run.ExitCode == 0, run.Error);
        using var three = JsonDocument.Parse(run.Output);
        Assert.Equal(4, three.RootElement.GetProperty("fleet").GetProperty("devices").GetArrayLength());
        Assert.Equal(AnswerOf(alone), AnswerOf(three));
        // Each had its folder in this one, which stands on its command line.
        Assert.Equal(3, Directory.GetDirectories(_folder.Path, "silo-*").Length);
        if (Directory.Exists("/proc"))
            Assert.DoesNotContain(Directory.GetDirectories("/proc").Select(CommandLineOf), line => line.Contains(_folder.Path, StringComparison.Ordinal));
    }

    private static string CommandLineOf(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return ""; // no process, or one that is gone
        }
    }

    private async Task<JsonDocument> RunAsync(params string[] more)
    {
        var run = await CliProcess.RunAsync(["demo", "--once", "--json", "--temperature", "0", "--data", _folder.Path, "--port", "0", .. more]);
        Assert.Equal("", run.Error);
        Assert.Equal(0, run.ExitCode);
        return JsonDocument.Parse(run.Output);
    }

    private static string? AnswerOf(JsonDocument report) => report.RootElement.GetProperty("answer").GetString();

    private static int StagesOf(JsonDocument report) => Replicas(report.RootElement).Single().GetProperty("stages").GetArrayLength();

    private static IEnumerable<JsonElement> Replicas(JsonElement root) => root.GetProperty("plan").GetProperty("replicas").EnumerateArray();

    private static IEnumerable<int> Layers(JsonElement replica) => replica.GetProperty("stages").EnumerateArray().SelectMany(stage =>
        Enumerable.Range(stage.GetProperty("firstLayer").GetInt32(), stage.GetProperty("layerCount").GetInt32()));

    private static void AssertInOrder(JsonElement timeline)
    {
        string[] points = ["queuedSeconds", "prefillStartSeconds", "prefillEndSeconds", "firstTokenSeconds", "lastTokenSeconds", "doneSeconds"];
        double[] seconds = [.. points.Select(point => timeline.GetProperty(point).GetDouble())];

        Assert.Equal(seconds.Order(), seconds);
        Assert.True(seconds[0] >= 0, $"queued {seconds[0]} s after it was accepted");
    }
}
