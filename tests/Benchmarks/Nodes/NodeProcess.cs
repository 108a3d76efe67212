using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace E2LLM.Benchmarks.Nodes;

/// <summary>A second silo in a process of its own: this program, run with <see cref="NodeCommand"/>.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Process _process;

    private NodeProcess(Process process) => _process = process;

    /// <summary>Engines that it loaded; known when it has ended.</summary>
    public int EngineLoads { get; private set; }

    /// <summary>Ends when the silo has joined.</summary>
    public static async Task<NodeProcess> StartAsync(NodeSpec spec)
    {
        var start = OwnProgram.Command(spec.Namespace, "node", JsonSerializer.Serialize(spec));
        (start.RedirectStandardInput, start.RedirectStandardOutput) = (true, true);
        var node = new NodeProcess(Process.Start(start)!);
        string? line;
        do
            line = await node._process.StandardOutput.ReadLineAsync();
        while (line is not null and not NodeCommand.Ready);
        if (line is not null)
            return node;
        await node.DisposeAsync();
        throw new InvalidOperationException("The second silo ended before it was ready; see its output above.");
    }

    /// <summary>
    /// Stops the process and lets it go on. A shell does both, so that it goes on even where this process ends before its time. POSIX
    /// only.
    /// </summary>
    public async Task FreezeAsync(TimeSpan duration)
    {
        var seconds = duration.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        using var shell = Process.Start("sh", ["-c", $"kill -STOP {_process.Id} && sleep {seconds}; kill -CONT {_process.Id}"]);
        await shell.WaitForExitAsync();
        if (shell.ExitCode != 0)
            throw new InvalidOperationException($"The silo's process could not be stopped and continued (exit code {shell.ExitCode}).");
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            _process.StandardInput.Close();
            while (await _process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
                if (line.StartsWith(NodeCommand.EngineLoads, StringComparison.Ordinal))
                    EngineLoads = int.Parse(line.AsSpan(NodeCommand.EngineLoads.Length), CultureInfo.InvariantCulture);
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }
        _process.Dispose();
    }
}
