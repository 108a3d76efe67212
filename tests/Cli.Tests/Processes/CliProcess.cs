using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace E2LLM.Cli.Tests.Processes;

/// <summary>The built tool as a process of its own, on free ports. Killed when disposed, should it still run.</summary>
internal sealed class CliProcess : IAsyncDisposable
{
    /// <summary>What takes two seconds on an idle machine may take this on a busy one.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly string _commandLine;
    private readonly ProcessOutput _output;
    private readonly ProcessOutput _error;

    private CliProcess(Process process, string commandLine)
    {
        _process = process;
        _commandLine = commandLine;
        _output = new ProcessOutput(process.StandardOutput);
        _error = new ProcessOutput(process.StandardError);
    }

    /// <summary>Standard error so far.</summary>
    public string ErrorText => _error.Text;

    public static CliProcess Start(params string[] arguments) => Start(typeof(CommandLine).Assembly, [], arguments);

    /// <param name="configuration">Keys of the configuration and their values.</param>
    /// <param name="arguments">The command line.</param>
    public static CliProcess Start(Dictionary<string, string> configuration, params string[] arguments) =>
        Start(typeof(CommandLine).Assembly, configuration, arguments);

    /// <param name="program">An executable assembly other than the tool's.</param>
    /// <param name="configuration">Keys of the configuration and their values.</param>
    /// <param name="arguments">The command line.</param>
    public static CliProcess Start(Assembly program, Dictionary<string, string> configuration, params string[] arguments)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo("env") { RedirectStandardOutput = true, RedirectStandardError = true };
        // A test run that a shell started in the background ignores Ctrl-C, one under nohup the terminal's end, and would hand that on.
        if (OperatingSystem.IsLinux())
            start.ArgumentList.Add("--default-signal=INT,HUP");
        start.ArgumentList.Add(dotnet);
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(program.Location);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["E2LLM__Silo__SiloPort"] = "0";
        start.Environment["E2LLM__Silo__GatewayPort"] = "0";
        foreach (var (key, value) in configuration)
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        return new CliProcess(Process.Start(start)!, string.Join(' ', arguments));
    }

    /// <summary>Runs the tool to its end.</summary>
    public static async Task<CliResult> RunAsync(params string[] arguments)
    {
        await using var process = Start(arguments);
        return await process.WaitForExitAsync();
    }

    /// <summary>Standard output from its beginning, once it holds the text.</summary>
    public Task<string> WaitForOutputAsync(string text) => WaitForAsync(_output, text);

    /// <summary>Standard error, which the log goes to, from its beginning, once it holds the text.</summary>
    public Task<string> WaitForErrorAsync(string text) => WaitForAsync(_error, text);

    /// <summary>Sends a signal by its short name: INT is Ctrl-C.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    public async Task<CliResult> WaitForExitAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
            return new CliResult(_process.ExitCode, await _output.ReadToEndAsync(patience.Token), await _error.ReadToEndAsync(patience.Token));
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"'{_commandLine}' still runs after {Patience}. It wrote:\n{_output.Text}\n{_error.Text}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
    }

    private async Task<string> WaitForAsync(ProcessOutput output, string text)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            return await output.WaitForAsync(text, patience.Token)
                ?? throw new InvalidOperationException($"'{_commandLine}' ended without '{text}'. It wrote:\n{_output.Text}\n{_error.Text}");
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"'{_commandLine}' lacks '{text}' after {Patience}. It wrote:\n{_output.Text}\n{_error.Text}");
        }
    }
}
