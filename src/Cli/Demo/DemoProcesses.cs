using System.Diagnostics;
using System.Globalization;
using System.Net;
using E2LLM.Cli.Namespaces;
using E2LLM.Core.Errors;
using E2LLM.Silo.Hosting;

namespace E2LLM.Cli.Demo;

/// <summary>
/// Silos of a demo of several processes: this program, told to serve some of the fleet's devices, on a cluster's table and a journal
/// in a folder that goes with them. They end when this process does, however it ends.
/// </summary>
/// <param name="host">As the command line has it.</param>
/// <param name="shares">A share a process.</param>
/// <param name="settings">Of all of them, besides what makes them a fog.</param>
/// <param name="network">Its members, a process each; null: all are on this machine's loopback, and the first of them is this process.</param>
internal sealed class DemoProcesses(HostOptions host, DemoShares shares, IReadOnlyList<string> settings, FogNetwork? network = null) : IAsyncDisposable
{
    private const int DefaultGatewayPort = 30000;

    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(30);

    private readonly List<(string Silo, Process Process)> _processes = [];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("e2llm-demo-");

    /// <summary>Devices of all silos together.</summary>
    public int DeviceCount => shares.Fleet.Devices.Length;

    /// <summary>The configuration of this process's own silo, where it is the first.</summary>
    public string[] OwnSettings => Settings(0);

    /// <summary>Where Orleans clients reach the members of a network.</summary>
    public IPEndPoint[] Gateways => [.. shares.Devices.Select((_, index) => new IPEndPoint(network!.AddressOf(index), DefaultGatewayPort))];

    /// <summary>Where each member of a network serves HTTP.</summary>
    public string[] HttpAddresses => [.. shares.Devices.Select((_, index) => $"http://{network!.AddressOf(index)}:{HttpPort}")];

    /// <summary>A member has all ports to itself.</summary>
    private int HttpPort => network is null ? 0 : host.HttpPort > 0 ? host.HttpPort : new HostOptions().HttpPort;

    public void Start()
    {
        for (var index = network is null ? 1 : 0; index < shares.Devices.Length; index++)
        {
            var process = Process.Start(Command(index))!;
            _processes.Add((NameOf(index), process));
            Log(process, LogOf(NameOf(index)));
        }
    }

    /// <summary>Where the data of a silo lies: beside each other, below where that of one would.</summary>
    public string DataOf(int index) => Path.Combine(host.DataDirectory, NameOf(index));

    /// <exception cref="E2LlmException">One of them has ended; says what it wrote last.</exception>
    public void ThrowIfAnyEnded()
    {
        foreach (var (silo, process) in _processes)
            if (process.HasExited)
                throw new E2LlmException($"The process of silo '{silo}' ended: {File.ReadLines(LogOf(silo)).LastOrDefault() ?? "it wrote nothing"}");
    }

    /// <summary>Ends with the first of them that ends.</summary>
    public Task WaitForAnyEndAsync(CancellationToken cancellationToken) =>
        Task.WhenAny(_processes.Select(process => process.Process.WaitForExitAsync(cancellationToken)));

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, process) in _processes.Where(process => !process.Process.HasExited))
            process.StandardInput.Close();
        using var late = new CancellationTokenSource(StopPatience, TimeProvider.System);
        foreach (var (_, process) in _processes)
        {
            await process.WaitForExitAsync(late.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            process.Dispose();
        }
        _folder.Delete(recursive: true);
    }

    private ProcessStartInfo Command(int index)
    {
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("The system does not say which program this is.");
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        // Run by the .NET host, the program is the first argument.
        if (Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase))
            AddAll(start, "exec", typeof(DemoProcesses).Assembly.Location);
        AddAll(start, "serve", "--until-input-ends", "--port", HttpPort.ToString(CultureInfo.InvariantCulture), "--data", DataOf(index));
        if (host.Model.Length > 0)
            AddAll(start, "--model", host.Model);
        if (host.Fleet.Length > 0)
            AddAll(start, "--fleet", host.Fleet);
        string[] ports = network is null ? ["--E2LLM:Silo:SiloPort=0", "--E2LLM:Silo:GatewayPort=0"] : [];
        // What comes later wins: what is said of all is said first.
        foreach (var setting in settings.Concat(Settings(index)).Concat(ports))
            AddAll(start, "--set", setting[2..]);
        return network is null ? start : network.Within(start, index);
    }

    private string[] Settings(int index) =>
    [
        "--E2LLM:Clustering:Provider=Sqlite",
        $"--E2LLM:Clustering:ConnectionString=Data Source={Path.Combine(_folder.FullName, "cluster.db")}",
        "--E2LLM:Storage:Provider=Sqlite",
        $"--E2LLM:Storage:ConnectionString=Data Source={Path.Combine(_folder.FullName, "journal.db")}",
        $"--E2LLM:Silo:Name={NameOf(index)}",
        $"--E2LLM:Silo:Devices={string.Join(',', shares.Devices[index].Select(device => device.Id))}",
        $"--E2LLM:Fleet:MinimumSilos={shares.Devices.Length}",
        .. network is null ? ["--E2LLM:Silo:EmulateNetwork=true"] : SettingsOf(network.AddressOf(index)),
    ];

    /// <summary>Nobody but this process and the members is on the network, so it does without certificates.</summary>
    private static string[] SettingsOf(IPAddress address) =>
    [
        $"--E2LLM:Silo:Address={address}",
        $"--E2LLM:Silo:HttpAddress={address}",
        $"--E2LLM:Silo:GatewayPort={DefaultGatewayPort}",
        "--E2LLM:Silo:Insecure=true",
        "--E2LLM:Silo:EmulateNetwork=false",
    ];

    private static void AddAll(ProcessStartInfo start, params string[] arguments)
    {
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
    }

    private static string NameOf(int index) => string.Create(CultureInfo.InvariantCulture, $"silo-{index}");

    private string LogOf(string silo) => Path.Combine(_folder.FullName, silo + ".log");

    private static void Log(Process process, string path)
    {
        var writer = TextWriter.Synchronized(new StreamWriter(path) { AutoFlush = true });
        process.OutputDataReceived += (_, line) => writer.WriteLine(line.Data);
        process.ErrorDataReceived += (_, line) => writer.WriteLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }
}
