using System.Diagnostics;
using System.Text.Json;

namespace E2LLM.Benchmarks.Scale;

/// <summary>A silo in a process of its own: this program, run with <see cref="ScaleNodeCommand"/>.</summary>
internal sealed class ScaleProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Process _process;

    private ScaleProcess(Process process) => _process = process;

    /// <summary>Processor time so far.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static ScaleProcess Start(ScaleSpec spec)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo(dotnet) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in new[] { "exec", typeof(ScaleProcess).Assembly.Location, "scale-node", JsonSerializer.Serialize(spec) })
            start.ArgumentList.Add(argument);
        return new ScaleProcess(Process.Start(start)!);
    }

    /// <summary>Ends when the silo is up.</summary>
    public Task UpAsync() => LineAsync(line => line == ScaleNodeCommand.Ready);

    public async Task<ScaleCounts> CountAsync()
    {
        await _process.StandardInput.WriteLineAsync(ScaleNodeCommand.Count);
        return JsonSerializer.Deserialize<ScaleCounts>(await LineAsync(line => line.StartsWith('{')))!;
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }
        _process.Dispose();
    }

    private async Task<string> LineAsync(Func<string, bool> isIt)
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
            if (isIt(line))
                return line;
        throw new InvalidOperationException("A silo ended before its time; see its output above.");
    }
}
