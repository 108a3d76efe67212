using Spectre.Console;

namespace E2LLM.Cli.Planning;

/// <summary>Shows on a terminal that a long search is still at work; into a file or pipe it says nothing.</summary>
internal sealed class PlanningProgress(TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Runs the work away from the calling thread and shows what it is and for how long it has run.</summary>
    public async Task<T> ShowAsync<T>(string what, Func<T> work)
    {
        var running = Task.Run(work);
        if (Console.IsErrorRedirected)
            return await running;
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return await console.Status().StartAsync(Markup.Escape(what), async status =>
        {
            var start = time.GetTimestamp();
            while (await Task.WhenAny(running, Task.Delay(Interval, time)) != running)
                status.Status = Markup.Escape($"{what}, {time.GetElapsedTime(start).TotalSeconds:0} s");
            return await running;
        });
    }
}
