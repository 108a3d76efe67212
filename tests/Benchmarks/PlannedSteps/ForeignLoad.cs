using System.Diagnostics;
using System.Globalization;

namespace E2LLM.Benchmarks.PlannedSteps;

/// <summary>Processors that other processes of this machine have used since the start, by the counts of the Linux kernel.</summary>
internal sealed class ForeignLoad
{
    /// <summary>Processors; times that were taken beside more say little.</summary>
    public const double MostProcessors = 0.1;

    private const double TicksPerSecond = 100;

    private readonly double _busySeconds = BusySeconds();
    private readonly double _ownSeconds = OwnSeconds();
    private readonly long _at = TimeProvider.System.GetTimestamp();

    /// <returns>On average since the start; 0 where nobody counts them.</returns>
    public double Processors()
    {
        var others = BusySeconds() - _busySeconds - (OwnSeconds() - _ownSeconds);
        return double.IsNaN(others) ? 0 : Math.Max(0, others) / TimeProvider.System.GetElapsedTime(_at).TotalSeconds;
    }

    /// <summary>User, nice, system, interrupts and what the host took away.</summary>
    private static double BusySeconds()
    {
        if (!OperatingSystem.IsLinux())
            return double.NaN;
        var ticks = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..]
            .Select(text => double.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        return (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7]) / TicksPerSecond;
    }

    private static double OwnSeconds()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime.TotalSeconds;
    }
}
