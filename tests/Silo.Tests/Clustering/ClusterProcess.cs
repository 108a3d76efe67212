using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using E2LLM.Clustering;

namespace E2LLM.Silo.Tests.Clustering;

/// <summary>A <see cref="ClusterNode"/> in a process of its own: this assembly, run as a program. It ends when its standard input does, so it never outlives its parent.</summary>
internal sealed class ClusterProcess : IDisposable
{
    private const string Ready = "ready";

    private readonly Process _process;

    private ClusterProcess(Process process) => _process = process;

    /// <summary>Ends when the silo has joined.</summary>
    public static async Task<ClusterProcess> StartAsync(ClusteringOptions options, string name, int siloPort, int gatewayPort)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var argument in (string[])[
            "exec", typeof(ClusterProcess).Assembly.Location, JsonSerializer.Serialize(options), name,
            siloPort.ToString(CultureInfo.InvariantCulture), gatewayPort.ToString(CultureInfo.InvariantCulture)])
            start.ArgumentList.Add(argument);
        var process = new ClusterProcess(Process.Start(start)!);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await process._process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            if (line == Ready)
                return process;
        process.Dispose();
        throw new InvalidOperationException("The silo's process ended before it had joined.");
    }

    /// <summary>What that process does.</summary>
    public static async Task RunAsync(string[] args)
    {
        await using var node = await ClusterNode.StartAsync(
            JsonSerializer.Deserialize<ClusteringOptions>(args[0])!, args[1], int.Parse(args[2], CultureInfo.InvariantCulture), int.Parse(args[3], CultureInfo.InvariantCulture));
        Console.WriteLine(Ready);
        await Console.In.ReadToEndAsync();
    }

    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
