using System.Diagnostics;
using System.Text.Json;

namespace E2LLM.Benchmarks.Runtimes;

/// <summary>A runtime in a process of its own: this program, run with <see cref="RuntimeCommand"/>. It ends when its standard input does.</summary>
internal sealed class RuntimeProcess : IAsyncDisposable
{
    private readonly Process _process;

    private RuntimeProcess(Process process) => _process = process;

    public static async Task<RuntimeProcess> StartAsync(RuntimeSpec spec)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo(dotnet) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in new[] { "exec", typeof(RuntimeProcess).Assembly.Location, "runtime", JsonSerializer.Serialize(spec) })
            start.ArgumentList.Add(argument);
        var process = new RuntimeProcess(Process.Start(start)!);
        while (await process._process.StandardOutput.ReadLineAsync() is { } line)
            if (line == RuntimeCommand.Ready)
                return process;
        await process.DisposeAsync();
        throw new InvalidOperationException($"Runtime '{spec.Runtime}' ended before it was ready; see its output above.");
    }

    public async Task<RuntimeSpeeds> MeasureAsync()
    {
        await _process.StandardInput.WriteLineAsync("run");
        return JsonSerializer.Deserialize<RuntimeSpeeds>(
            await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("A runtime ended while it was timed; see its output above."))!;
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
