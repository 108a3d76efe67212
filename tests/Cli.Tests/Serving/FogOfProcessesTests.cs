using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using E2LLM.Cli.Tests.Processes;
using E2LLM.Core.Trust;

namespace E2LLM.Cli.Tests.Serving;

/// <summary>Three silos, a process each, with certificates, on a table and a journal that they share: what <c>docs/from-one-machine-to-a-fog.md</c> describes.</summary>
public sealed class FogOfProcessesTests : IDisposable
{
    /// <summary>Of the demo's model no device holds all, and any two of them do. The last one's silo has no file of it.</summary>
    private const string Fleet =
        """{ "name": "trio", "devices": [{ "id": "a", "memory": "15 MiB" }, { "id": "b", "memory": "15 MiB" }, { "id": "c", "memory": "15 MiB" }] }""";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly TemporaryFolder _folder = new();

    public FogOfProcessesTests()
    {
        File.WriteAllText(At("fleet.json"), Fleet);
        CertificateAuthority.Create(At("authority"), "trio", TimeProvider.System.GetUtcNow(), days: 2);
        using var authority = CertificateAuthority.Open(At("authority"));
        foreach (var name in new[] { "a", "b", "c", "client" })
            authority.Issue(At($"{name}.pem"), At($"{name}.key"), name, [], isNode: name != "client", TimeProvider.System.GetUtcNow(), days: 1);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Fog_OfThreeProcesses_JoinsDrainsSurvivesAKillAndTakesBackWhoReturns()
    {
        var ports = FreePorts(9);
        await using var a = Start("a", ports[..3]);
        await using var b = Start("b", ports[3..6]);
        var c = Start("c", ports[6..]);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports[3]}"), Timeout = Patience };
        var gateway = $"127.0.0.1:{ports[5]}";
        try
        {
            // Nothing is served before three silos are there.
            await ServedAsync(http);
            Assert.Equal(["offered", "offered", "offered"], await StatesAsync(gateway));

            // What its device needs has come from the others, and it takes requests as they do.
            await UntilAsync(async () => await HeldBytesAsync(http, "c") > 1_000_000);
            using (var gatewayOfC = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports[6]}"), Timeout = Patience })
                Assert.Equal(HttpStatusCode.OK, (await AskAsync(gatewayOfC)).Status);

            // Whatever the plan does meanwhile, an answer comes whole.
            var running = AskAsync(http, stream: true);
            Assert.Equal(0, (await DevicesAsync("drain", gateway, "c")).ExitCode);
            Assert.EndsWith("data: [DONE]\n\n", (await running).Body);
            await StateAsync(gateway, "c", "drained");

            await c.SignalAsync("TERM");
            Assert.Equal(0, (await c.WaitForExitAsync()).ExitCode);
            await StateAsync(gateway, "c", null);
            Assert.Equal(HttpStatusCode.OK, (await AskAsync(http)).Status);

            await a.SignalAsync("KILL");
            await StateAsync(gateway, "a", "away");
            await c.DisposeAsync();
            c = Start("c", ports[6..]);
            await StateAsync(gateway, "c", "offered");
            await ServedAsync(http);
            Assert.Equal(HttpStatusCode.OK, (await AskAsync(http)).Status);
        }
        finally
        {
            await c.DisposeAsync();
        }
    }

    private CliProcess Start(string name, int[] ports)
    {
        var configuration = new Dictionary<string, string>
        {
            ["E2LLM:Clustering:Provider"] = "Sqlite",
            ["E2LLM:Clustering:ConnectionString"] = $"Data Source={At("cluster.db")}",
            ["E2LLM:Clustering:ProbeSeconds"] = "0.5",
            ["E2LLM:Storage:Provider"] = "Sqlite",
            ["E2LLM:Storage:ConnectionString"] = $"Data Source={At("journal.db")}",
            ["E2LLM:Silo:Name"] = $"silo-{name}",
            ["E2LLM:Silo:Devices"] = name,
            ["E2LLM:Silo:SiloPort"] = $"{ports[1]}",
            ["E2LLM:Silo:GatewayPort"] = $"{ports[2]}",
            ["E2LLM:Tls:Certificate"] = At($"{name}.pem"),
            ["E2LLM:Tls:Key"] = At($"{name}.key"),
            ["E2LLM:Tls:Authority"] = Authority,
            ["E2LLM:Fleet:MinimumSilos"] = "3",
            ["E2LLM:Fleet:LeaseSeconds"] = "4",
            ["E2LLM:Fleet:AwaySeconds"] = "1",
            ["E2LLM:Serving:ReplicaSilenceSeconds"] = "10",
        };
        string[] model = name == "c" ? ["--model", "fog"] : [];
        return CliProcess.Start(
            configuration, ["serve", .. model, "--data", At(name), "--fleet", At("fleet.json"), "--port", ports[0].ToString(CultureInfo.InvariantCulture)]);
    }

    private static async Task ServedAsync(HttpClient http) => await UntilAsync(async () =>
    {
        try
        {
            using var answer = await http.GetAsync("/health");
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false; // it does not listen yet
        }
    });

    /// <summary>What a device's silo has of the weights; 0 where it has not said.</summary>
    private static async Task<long> HeldBytesAsync(HttpClient http, string device)
    {
        var models = await http.GetFromJsonAsync<JsonElement>("/v1/devices");
        var found = models.GetProperty("models")[0].GetProperty("devices").EnumerateArray().Single(known => known.GetProperty("id").GetString() == device);
        return found.TryGetProperty("weights", out var weights) ? weights.GetProperty("held_bytes").GetInt64() : 0;
    }

    private static async Task<(HttpStatusCode Status, string Body)> AskAsync(HttpClient http, bool stream = false)
    {
        using var answer = await http.PostAsJsonAsync("/v1/completions", new { prompt = "Once upon a time", max_tokens = 60, stream });
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private Task<CliResult> DevicesAsync(string command, string gateway, params string[] more) =>
        CliProcess.RunAsync(["devices", command, .. more, "--gateway", gateway, "--cert", At("client.pem"), "--authority", Authority]);

    private async Task<string[]> StatesAsync(string gateway) => [.. Rows((await DevicesAsync("list", gateway)).Output).Select(row => row[2])];

    /// <param name="gateway">Of any silo.</param>
    /// <param name="device">Its id.</param>
    /// <param name="state">Null: it is not there any more.</param>
    private Task StateAsync(string gateway, string device, string? state) => UntilAsync(async () =>
        Rows((await DevicesAsync("list", gateway)).Output).FirstOrDefault(row => row[0] == device)?[2] == state);

    private static IEnumerable<string[]> Rows(string output) => output.Split('\n')
        .Where(line => line.StartsWith('│'))
        .Select(line => line.Trim('│', ' ').Split('│', StringSplitOptions.TrimEntries))
        .Skip(1);

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!await isSo())
            limit.Token.ThrowIfCancellationRequested();
    }

    private static int[] FreePorts(int count)
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        foreach (var listener in listeners)
            listener.Start();
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        foreach (var listener in listeners)
            listener.Dispose();
        return ports;
    }

    private string Authority => Path.Combine(At("authority"), CertificateAuthority.CertificateName);

    private string At(string name) => Path.Combine(_folder.Path, name);
}
