using Spectre.Console;

namespace E2LLM.Cli.Planning;

/// <summary>Shows on a terminal what a long search is at; into a file or pipe it says nothing.</summary>
internal sealed class PlanningProgress(TimeProvider time) : IProgress<string>
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.5);

    private volatile string _step = "";

    /// <summary>Called by the search, from any thread.</summary>
    public void Report(string value) => _step = value;

    /// <summary>Runs the work away from the calling thread and shows what it is and for how long it has run.</summary>
    public async Task<T> ShowAsync<T>(string what, Func<T> work)
    {
        _step = "";
        var running = Task.Run(work);
        if (Console.IsErrorRedirected)
            return await running;
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return await console.Status().StartAsync(Markup.Escape(what), async status =>
        {
            var start = time.GetTimestamp();
            while (await Task.WhenAny(running, Task.Delay(Interval, time)) != running)
                status.Status = Markup.Escape(string.Join(", ", ((string[])[what, _step, $"{time.GetElapsedTime(start).TotalSeconds:0} s"]).Where(part => part.Length > 0)));
            return await running;
        });
    }
}
