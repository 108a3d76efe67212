using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using E2LLM.Clustering;
using E2LLM.Silo.Tests.Fixtures;

namespace E2LLM.Silo.Tests.Servers;

/// <summary>A server program as a process of its own, on a free port of loopback, with its data in a folder that goes with it.</summary>
public abstract class ServerProcess : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();
    private Process? _process;

    protected abstract bool IsInstalled { get; }

    protected string Folder => _folder.Path;

    protected int Port { get; } = FreePort();

    /// <summary>What of the program's output says that it listens.</summary>
    protected abstract string Ready { get; }

    /// <summary>The signal that makes it end in its own time.</summary>
    protected virtual string StopSignal => "TERM";

    public abstract IReadOnlyList<string> Journal(string part);

    public abstract ClusteringOptions Cluster(string part);

    /// <summary>Where the program is not installed, no test asks for it.</summary>
    public virtual Task InitializeAsync() => IsInstalled ? BringBackAsync() : Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await TakeAwayAsync();
        _folder.Dispose();
    }

    public Task TakeAwayAsync() => EndAsync(StopSignal);

    public virtual Task KillAsync() => EndAsync("KILL");

    public virtual Task HangAsync() => SignalAsync("STOP");

    public virtual Task GoOnAsync() => SignalAsync("CONT");

    /// <summary>Again and again: one that was killed may have left something that others of its processes still hold.</summary>
    public async Task BringBackAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!await TryStartAsync(limit.Token))
            await pause.WaitForNextTickAsync(limit.Token);
    }

    /// <summary>The program with its arguments.</summary>
    protected abstract IReadOnlyList<string> Command();

    /// <summary>Where a program lies; null where it is not installed.</summary>
    protected static string? Find(string program, params string[] folders) => folders
        .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    protected static async Task RunAsync(IReadOnlyList<string> command)
    {
        using var process = Process.Start(Start(command))!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{command[0]} ended with {process.ExitCode}: {string.Concat(said)}");
    }

    private static ProcessStartInfo Start(IReadOnlyList<string> command) =>
        new(command[0], command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };

    private async Task<bool> TryStartAsync(CancellationToken limit)
    {
        var process = Process.Start(Start(Command()))!;
        var listens = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => listens.TrySetResult(false);
        process.OutputDataReceived += Look;
        process.ErrorDataReceived += Look;
        // To its end, so that it never waits for a reader.
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            if (!await listens.Task.WaitAsync(limit))
            {
                process.Dispose();
                return false;
            }
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
        _process = process;
        return true;

        void Look(object sender, DataReceivedEventArgs line)
        {
            if (line.Data?.Contains(Ready, StringComparison.Ordinal) == true)
                listens.TrySetResult(true);
        }
    }

    private async Task EndAsync(string signal)
    {
        if (_process is not { } process)
            return;
        await SignalAsync(signal);
        _process = null;
        using var limit = new CancellationTokenSource(Patience);
        await process.WaitForExitAsync(limit.Token);
        process.Dispose();
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, $"{_process!.Id}"]);
        await kill.WaitForExitAsync();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
