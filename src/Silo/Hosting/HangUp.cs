using System.Runtime.InteropServices;

namespace E2LLM.Silo.Hosting;

/// <summary>
/// Stops the host in its own time when its terminal is closed, as Ctrl-C does. Without it the signal ends the process at once, and every
/// answer in mid-word. Where the signal is ignored from the start, as under nohup, it stays so.
/// </summary>
internal sealed class HangUp(IHostApplicationLifetime lifetime) : IHostedService, IDisposable
{
    private PosixSignalRegistration? _registration;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _registration = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _registration?.Dispose();

    private void Stop(PosixSignalContext signal)
    {
        signal.Cancel = true;
        lifetime.StopApplication();
    }
}
