using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using E2LLM.Cli.Tests.Processes;
using E2LLM.Core.Trust;

namespace E2LLM.Cli.Tests.Serving;

/// <summary>Three silos, a process each, with certificates, on a table and a journal that they share: what <c>docs/from-one-machine-to-a-fog.md</c> describes.</summary>
internal sealed class ThreeSilos : IAsyncDisposable
{
    public static readonly string[] Names = ["a", "b", "c"];

    /// <summary>Of the demo's model no device holds all, and any two of them do. The last one's silo has no file of it.</summary>
    private const string Fleet =
        """{ "name": "trio", "devices": [{ "id": "a", "memory": "10 MiB" }, { "id": "b", "memory": "10 MiB" }, { "id": "c", "memory": "10 MiB" }] }""";

    private const int PortsEach = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <summary>Between two looks at other processes.</summary>
    public static readonly TimeSpan LookPause = TimeSpan.FromSeconds(0.2);

    private readonly int _missedProbes;
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, CliProcess> _running = [];
    private readonly int[] _ports = FreePorts(PortsEach * Names.Length);

    /// <param name="missedProbes">After so many half seconds without an answer a silo is dead to the others: on a busy machine few are not enough.</param>
    public ThreeSilos(int missedProbes = 30)
    {
        _missedProbes = missedProbes;
        File.WriteAllText(At("fleet.json"), Fleet);
        CertificateAuthority.Create(At("authority"), "trio", TimeProvider.System.GetUtcNow(), days: 2);
        using var authority = CertificateAuthority.Open(At("authority"));
        foreach (var name in Names.Append("client"))
            authority.Issue(At($"{name}.pem"), At($"{name}.key"), name, [], isNode: name != "client", TimeProvider.System.GetUtcNow(), days: 1);
        foreach (var name in Names)
            Start(name);
    }

    private string Authority => Path.Combine(At("authority"), CertificateAuthority.CertificateName);

    public CliProcess this[string name] => _running[name];

    /// <summary>Of a silo's HTTP server.</summary>
    public HttpClient Http(string name) => new() { BaseAddress = new Uri($"http://127.0.0.1:{PortsOf(name)[0]}"), Timeout = Patience };

    /// <summary>The first time, or after its process has ended.</summary>
    public void Start(string name)
    {
        var ports = PortsOf(name);
        var configuration = new Dictionary<string, string>
        {
            ["E2LLM:Clustering:Provider"] = "Sqlite",
            ["E2LLM:Clustering:ConnectionString"] = $"Data Source={At("cluster.db")}",
            ["E2LLM:Clustering:ProbeSeconds"] = "0.5",
            ["E2LLM:Clustering:MissedProbes"] = _missedProbes.ToString(CultureInfo.InvariantCulture),
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
            // To be found at once: what the best plan is, is not in question, and its search takes the cores that all three share.
            ["E2LLM:Serving:Objective"] = "Capacity",
            ["Logging:Console:FormatterName"] = "simple",
            ["Logging:Console:FormatterOptions:SingleLine"] = "true",
            ["Logging:Console:FormatterOptions:TimestampFormat"] = "HH:mm:ss.fff ",
        };
        string[] model = name == Names[^1] ? ["--model", "fog"] : [];
        if (_running.TryGetValue(name, out var before))
            KeepLog(name, before);
        _running[name] = CliProcess.Start(
            configuration, ["serve", .. model, "--data", At(name), "--fleet", At("fleet.json"), "--port", ports[0].ToString(CultureInfo.InvariantCulture)]);
    }

    /// <summary>Until a silo has a plan to serve with.</summary>
    public static async Task ServedAsync(HttpClient http) => await UntilAsync(async () =>
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
    public static async Task<long> HeldBytesAsync(HttpClient http, string device)
    {
        var models = await http.GetFromJsonAsync<JsonElement>("/v1/devices");
        var found = models.GetProperty("models")[0].GetProperty("devices").EnumerateArray().Single(known => known.GetProperty("id").GetString() == device);
        return found.TryGetProperty("weights", out var weights) ? weights.GetProperty("held_bytes").GetInt64() : 0;
    }

    public static async Task<(HttpStatusCode Status, string Body)> AskAsync(HttpClient http, bool stream = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions")
        {
            Content = JsonContent.Create(new { prompt = "Once upon a time", max_tokens = 60, stream }),
        };
        using var limit = new CancellationTokenSource(Patience);
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(limit.Token));
        var body = new StringBuilder();
        try
        {
            while (await reader.ReadLineAsync(limit.Token) is { } line)
                body.Append(line).Append('\n');
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            body.Append("(broken off: ").Append(error.Message).Append(')');
        }
        return (answer.StatusCode, body.ToString());
    }

    public static async Task AnswersAsync(HttpClient http)
    {
        var (status, body) = await AskAsync(http);
        Assert.True(status == HttpStatusCode.OK, body);
    }

    /// <param name="command">Of <c>e2llm devices</c>.</param>
    /// <param name="by">Name of the silo that is asked.</param>
    /// <param name="more">Of its command line.</param>
    public Task<CliResult> DevicesAsync(string command, string by, params string[] more) =>
        CliProcess.RunAsync(["devices", command, .. more, "--gateway", $"127.0.0.1:{PortsOf(by)[2]}", "--cert", At("client.pem"), "--authority", Authority]);

    /// <summary>What the tool says of a device's state; null: it is not there.</summary>
    /// <param name="by">Name of the silo that is asked.</param>
    /// <param name="device">Its id.</param>
    public async Task<string?> ListedStateAsync(string by, string device) =>
        Rows((await DevicesAsync("list", by)).Output).FirstOrDefault(row => row[0] == device)?[2];

    /// <summary>Until a device is in a state.</summary>
    /// <param name="by">A silo that is asked.</param>
    /// <param name="device">Its id.</param>
    /// <param name="state">Null: it is not there any more.</param>
    public static Task StateAsync(HttpClient by, string device, string? state) => UntilAsync(async () =>
    {
        using var answer = await by.GetAsync("/v1/devices");
        if (answer.StatusCode != HttpStatusCode.OK)
            return false; // it is asked while its grain moves
        var fleet = await answer.Content.ReadFromJsonAsync<JsonElement>();
        var found = fleet.GetProperty("models")[0].GetProperty("devices").EnumerateArray().Where(known => known.GetProperty("id").GetString() == device).ToArray();
        return (found is [var one, ..] ? one.GetProperty("state").GetString() : null) == state;
    });

    public async ValueTask DisposeAsync()
    {
        foreach (var (name, process) in _running)
        {
            await process.DisposeAsync();
            KeepLog(name, process);
        }
        _folder.Dispose();
    }

    private static IEnumerable<string[]> Rows(string output) => output.Split('\n')
        .Where(line => line.StartsWith('│'))
        .Select(line => line.Trim('│', ' ').Split('│', StringSplitOptions.TrimEntries))
        .Skip(1);

    /// <exception cref="TimeoutException">It has not become so in time.</exception>
    public static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        var startedAt = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            if (TimeProvider.System.GetElapsedTime(startedAt) > Patience)
                throw new TimeoutException($"It is not so after {Patience}.");
            await Task.Delay(LookPause, TimeProvider.System);
        }
    }

    /// <summary>In the folder that the environment variable E2LLM_TEST_LOGS names, where it does: who looks for the cause of a failure needs all three.</summary>
    private static void KeepLog(string name, CliProcess process)
    {
        if (Environment.GetEnvironmentVariable("E2LLM_TEST_LOGS") is { Length: > 0 } folder)
            File.AppendAllText(Path.Combine(Directory.CreateDirectory(folder).FullName, $"silo-{name}.log"), process.ErrorText);
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

    private int[] PortsOf(string name) => _ports[(PortsEach * Array.IndexOf(Names, name))..][..PortsEach];

    private string At(string name) => Path.Combine(_folder.Path, name);
}
