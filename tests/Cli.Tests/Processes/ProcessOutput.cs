using System.Text;

namespace E2LLM.Cli.Tests.Processes;

/// <summary>What a process writes to one of its streams, as it comes.</summary>
internal sealed class ProcessOutput
{
    private readonly StringBuilder _text = new();
    private readonly Task _end;
    private TaskCompletionSource _progress = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ProcessOutput(StreamReader reader) => _end = ReadAsync(reader);

    /// <summary>From its beginning until now.</summary>
    public string Text
    {
        get
        {
            lock (_text)
                return _text.ToString();
        }
    }

    /// <summary>All of it, once the process has ended.</summary>
    public async Task<string> ReadToEndAsync(CancellationToken cancellationToken)
    {
        await _end.WaitAsync(cancellationToken);
        return Text;
    }

    /// <summary>From its beginning until now, once it holds the expected text; null when it ends without.</summary>
    public async Task<string?> WaitForAsync(string expected, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Before the text is looked at: what comes later completes it.
            var progress = Volatile.Read(ref _progress).Task;
            var hasEnded = _end.IsCompleted;
            if (Text is var text && text.Contains(expected, StringComparison.Ordinal))
                return text;
            if (hasEnded)
                return null;
            await Task.WhenAny(progress, _end).WaitAsync(cancellationToken);
        }
    }

    private async Task ReadAsync(StreamReader reader)
    {
        var buffer = new char[4096];
        int read;
        while ((read = await reader.ReadAsync(buffer)) > 0)
        {
            lock (_text)
                _text.Append(buffer, 0, read);
            Interlocked.Exchange(ref _progress, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        }
    }
}
