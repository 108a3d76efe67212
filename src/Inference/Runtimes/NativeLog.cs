using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace E2LLM.Inference.Runtimes;

/// <summary>Where llama.cpp's log goes: to a logger, if one is set, and to whoever captures errors on this thread.</summary>
internal static unsafe class NativeLog
{
    private const int KeptErrors = 4;

    [ThreadStatic] private static ErrorCapture? t_capture;
    private static volatile ILogger s_logger = NullLogger.Instance;

    public static delegate* unmanaged[Cdecl]<int, byte*, void*, void> Callback => &OnMessage;

    public static void SetLogger(ILogger logger) => s_logger = logger;

    /// <summary>Collects error lines of native calls on this thread until disposed.</summary>
    public static ErrorCapture CaptureErrors() => t_capture = new ErrorCapture(t_capture);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnMessage(int level, byte* text, void* state)
    {
        // An exception must not cross into native code.
        try
        {
            var severity = Severity(level);
            var capture = t_capture;
            var wantsLog = s_logger.IsEnabled(severity);
            if (!wantsLog && (capture is null || severity < LogLevel.Error))
                return;
            var line = Marshal.PtrToStringUTF8((nint)text)?.Trim();
            if (string.IsNullOrEmpty(line) || line == ".")
                return;
            if (severity >= LogLevel.Error)
                capture?.Add(line);
            if (wantsLog)
                s_logger.Log(severity, "llama.cpp: {Line}", line);
        }
        catch
        {
            // A logger that throws loses its line.
        }
    }

    // ggml_log_level: 1 debug, 2 info, 3 warning, 4 error, 5 continues the line before. llama.cpp is talkative: its info is our debug.
    private static LogLevel Severity(int level) => level switch
    {
        4 => LogLevel.Error,
        3 => LogLevel.Warning,
        2 => LogLevel.Debug,
        _ => LogLevel.Trace,
    };

    internal sealed class ErrorCapture(ErrorCapture? outer) : IDisposable
    {
        private Queue<string>? _lines;

        public void Add(string line)
        {
            _lines ??= new Queue<string>();
            if (_lines.Count == KeptErrors)
                _lines.Dequeue();
            _lines.Enqueue(line);
        }

        public override string ToString() => _lines is null ? "it gave no reason." : string.Join(" | ", _lines);

        public void Dispose() => t_capture = outer;
    }
}
