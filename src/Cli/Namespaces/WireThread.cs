using System.Runtime.InteropServices;

namespace E2LLM.Cli.Namespaces;

/// <summary>
/// Carries frames between interfaces over a switch, on one thread of its own: it sleeps until a frame comes or one is due, to the microsecond.
/// One thread suffices, and what waits for no other is never late.
/// </summary>
internal sealed class WireThread : IDisposable
{
    private const short Readable = 1; // POLLIN
    private const int FirstInFirstOut = 1; // SCHED_FIFO
    private const int TimerSlack = 29; // PR_SET_TIMERSLACK

    /// <summary>Frames that are read from one interface before the others have their turn.</summary>
    private const int Burst = 64;

    /// <summary>How soon it notices that it shall end.</summary>
    private const double LongestSleepSeconds = 0.05;

    private readonly TapDevice[] _ports;
    private readonly WireSwitch _switch;
    private readonly TimeProvider _time;
    private readonly Thread _thread;
    private readonly byte[] _buffer = new byte[WireSwitch.MaxFrameBytes];
    private volatile bool _isOver;

    public WireThread(TapDevice[] ports, WireSwitch frames, TimeProvider time)
    {
        (_ports, _switch, _time) = (ports, frames, time);
        _thread = new Thread(Run) { IsBackground = true, Name = "wire" };
        _thread.Start();
    }

    private double NowSeconds => _time.GetTimestamp() / (double)_time.TimestampFrequency;

    public void Dispose()
    {
        _isOver = true;
        _thread.Join();
    }

    private void Run()
    {
        // A wire does not wait for those who talk over it. Where the system refuses, it is a little late under load.
        _ = sched_setscheduler(0, FirstInFirstOut, [2]);
        _ = prctl(TimerSlack, 1, 0, 0, 0);
        var polled = new PollDescriptor[_ports.Length];
        for (var port = 0; port < polled.Length; port++)
            polled[port] = new PollDescriptor { Descriptor = _ports[port].Descriptor, Events = Readable };
        // Made once: what allocates nothing is never kept waiting by the collector.
        var sleep = new long[2];
        Action<int, byte[], int> deliver = (port, frame, bytes) => _ports[port].Write(frame, bytes);
        while (!_isOver)
        {
            while (_switch.TryDeliver(NowSeconds, deliver))
            {
            }
            sleep[1] = (long)(Math.Clamp((_switch.NextSeconds ?? double.PositiveInfinity) - NowSeconds, 0, LongestSleepSeconds) * 1e9);
            if (ppoll(polled, (nuint)polled.Length, sleep, 0) <= 0)
                continue;
            for (var port = 0; port < polled.Length; port++)
            {
                if ((polled[port].Events & polled[port].Results) != 0)
                    Take(port);
                else if (polled[port].Results != 0)
                    polled[port].Descriptor = -1; // somebody has taken the interface away: it is not looked at any more
            }
        }
    }

    private void Take(int port)
    {
        for (var frame = 0; frame < Burst; frame++)
        {
            var bytes = _ports[port].Read(_buffer);
            if (bytes == 0)
                return;
            _switch.Take(port, _buffer.AsSpan(0, bytes), NowSeconds);
        }
    }

    [DllImport("libc")]
    private static extern int ppoll([In, Out] PollDescriptor[] descriptors, nuint count, long[] timeout, nint signals);

    [DllImport("libc")]
    private static extern int sched_setscheduler(int thread, int policy, int[] priority);

    [DllImport("libc")]
    private static extern int prctl(int option, nuint argument, nuint argument2, nuint argument3, nuint argument4);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Results;
    }
}
