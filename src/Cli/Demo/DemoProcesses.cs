using System.Diagnostics;
using System.Globalization;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Planning.FleetFiles;
using E2LLM.Silo.Hosting;

namespace E2LLM.Cli.Demo;

/// <summary>
/// The other silos of a demo of several processes: this program, told to serve some of the fleet's devices, on a cluster's table and a journal
/// in a folder that goes with them. They end when this process does, however it ends.
/// </summary>
internal sealed class DemoProcesses : IAsyncDisposable
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(30);

    private readonly List<Process> _processes = [];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("e2llm-demo-");
    private readonly HostOptions _host;
    private readonly DeviceSpec[][] _devices;

    private DemoProcesses(HostOptions host, DeviceSpec[][] devices) => (_host, _devices) = (host, devices);

    /// <summary>Devices of all silos together.</summary>
    public int DeviceCount => _devices.Sum(own => own.Length);

    /// <summary>The configuration of this process's own silo, the first.</summary>
    public string[] OwnSettings => Settings(0);

    /// <exception cref="ConfigurationException">The fleet has fewer devices than there are to be processes, or its file makes no sense.</exception>
    public static DemoProcesses Plan(int processes, HostOptions host)
    {
        var fleet = FleetFileReader.Read(host.Fleet.Length > 0 ? host.Fleet : Path.Combine(AppContext.BaseDirectory, "fleets", "demo.json"));
        if (processes > fleet.Devices.Length)
            throw new ConfigurationException($"--processes is {processes}; fleet '{fleet.Name}' has {fleet.Devices.Length} devices, and each process needs one.");
        // One after the other, so that what is slow is not all in one process.
        return new DemoProcesses(host, [.. Enumerable.Range(0, processes).Select(index => fleet.Devices.Where((_, device) => device % processes == index).ToArray())]);
    }

    public void Start()
    {
        for (var index = 1; index < _devices.Length; index++)
        {
            var program = Environment.ProcessPath ?? throw new InvalidOperationException("The system does not say which program this is.");
            var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
            // Run by the .NET host, the program is the first argument.
            if (Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase))
                foreach (var argument in new[] { "exec", typeof(DemoProcesses).Assembly.Location })
                    start.ArgumentList.Add(argument);
            foreach (var argument in new[] { "serve", "--until-input-ends", "--port", "0", "--data", DataOf(index) })
                start.ArgumentList.Add(argument);
            if (_host.Model.Length > 0)
                AddAll(start, "--model", _host.Model);
            if (_host.Fleet.Length > 0)
                AddAll(start, "--fleet", _host.Fleet);
            foreach (var setting in Settings(index).Select(setting => setting[2..]).Append("E2LLM:Silo:SiloPort=0").Append("E2LLM:Silo:GatewayPort=0"))
                AddAll(start, "--set", setting);
            var process = Process.Start(start)!;
            _processes.Add(process);
            Log(process, Path.Combine(_folder.FullName, NameOf(index) + ".log"));
        }
    }

    /// <summary>Where the data of a silo lies: beside each other, below where that of one would.</summary>
    public string DataOf(int index) => Path.Combine(_host.DataDirectory, NameOf(index));

    /// <exception cref="E2LlmException">One of them has ended; says what it wrote last.</exception>
    public void ThrowIfAnyEnded()
    {
        for (var index = 0; index < _processes.Count; index++)
            if (_processes[index].HasExited)
                throw new E2LlmException(
                    $"The process of silo '{NameOf(index + 1)}' ended: {File.ReadLines(Path.Combine(_folder.FullName, NameOf(index + 1) + ".log")).LastOrDefault() ?? "it wrote nothing"}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes.Where(process => !process.HasExited))
            process.StandardInput.Close();
        using var late = new CancellationTokenSource(StopPatience, TimeProvider.System);
        foreach (var process in _processes)
        {
            await process.WaitForExitAsync(late.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            process.Dispose();
        }
        _folder.Delete(recursive: true);
    }

    private static void AddAll(ProcessStartInfo start, params string[] arguments)
    {
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
    }

    private static string NameOf(int index) => string.Create(CultureInfo.InvariantCulture, $"silo-{index}");

    private static void Log(Process process, string path)
    {
        var writer = TextWriter.Synchronized(new StreamWriter(path) { AutoFlush = true });
        process.OutputDataReceived += (_, line) => writer.WriteLine(line.Data);
        process.ErrorDataReceived += (_, line) => writer.WriteLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    private string[] Settings(int index) =>
    [
        "--E2LLM:Clustering:Provider=Sqlite",
        $"--E2LLM:Clustering:ConnectionString=Data Source={Path.Combine(_folder.FullName, "cluster.db")}",
        "--E2LLM:Storage:Provider=Sqlite",
        $"--E2LLM:Storage:ConnectionString=Data Source={Path.Combine(_folder.FullName, "journal.db")}",
        $"--E2LLM:Silo:Name={NameOf(index)}",
        $"--E2LLM:Silo:Devices={string.Join(',', _devices[index].Select(device => device.Id))}",
        "--E2LLM:Silo:EmulateNetwork=true",
        $"--E2LLM:Fleet:MinimumSilos={_devices.Length}",
    ];
}
