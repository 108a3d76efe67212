using E2LLM.Benchmarks.Fog;
using E2LLM.Benchmarks.Load;
using E2LLM.Benchmarks.Reports;
using E2LLM.Core.Models;
using E2LLM.Core.Requests;

namespace E2LLM.Benchmarks.Interference;

/// <summary>One plan, its rounds and their figures.</summary>
internal sealed class InterferenceCase(BenchmarkFog fog, ModelSpec model, int longTokens, int shortTokens)
{
    /// <summary>Gaps of the answer that runs, before anything comes in its way.</summary>
    private const int QuietTokens = 16;

    /// <summary>The warm-up reads a prompt of this length in place of the long one: a whole one would only take time.</summary>
    private const int WarmUpTokens = 256;

    private static readonly string[] Names =
    [
        "short request alone: TTFT", "short request while the long prompt is read: TTFT", "long prompt alone: TTFT",
        "running answer, before: time per token, median", "running answer, while the long prompt is read: median", "running answer, while the long prompt is read: longest",
        "long prompt beside the running answer: TTFT",
    ];

    private readonly List<double>[] _seconds = [.. Names.Select(_ => new List<double>())];

    /// <param name="round">Negative: warms up.</param>
    public async Task RunAsync(int round)
    {
        var tokens = round < 0 ? Math.Min(WarmUpTokens, longTokens) : longTokens;
        var seed = 1000 + (10 * round);
        var alone = await TimedAnswer.ReadAsync(fog.StreamAsync(Request(shortTokens, 4, seed)));
        var (delayed, reading) = await BesideLongPromptAsync(tokens, seed + 1);
        var (quiet, median, longest, besideAnswer) = await AnswerBesideLongPromptAsync(tokens, seed + 3);
        if (round < 0)
            return;
        double[] figures = [alone.FirstTokenSeconds, delayed, reading, quiet, median, longest, besideAnswer];
        for (var index = 0; index < figures.Length; index++)
            _seconds[index].Add(figures[index]);
        await Console.Error.WriteLineAsync($"round {round}: {string.Join(", ", figures.Select(seconds => $"{seconds:0.000}"))}");
    }

    public void Print(string plan)
    {
        for (var index = 0; index < Names.Length; index++)
            Console.WriteLine($"{plan,-16} {Names[index],-62} {Statistics.Median(_seconds[index]),8:0.000} s  ({_seconds[index].Min():0.000} to {_seconds[index].Max():0.000})");
    }

    public IEnumerable<(string Name, double Ratio)> Against(InterferenceCase other) => Names.Select((name, index) =>
        (name, Statistics.Median(_seconds[index]) / Statistics.Median(other._seconds[index])));

    /// <returns>TTFT of the short request, and of the long one that nothing else but it disturbs.</returns>
    private async Task<(double Short, double Long)> BesideLongPromptAsync(int tokens, int seed)
    {
        var reading = TimedAnswer.ReadAsync(fog.StreamAsync(Request(tokens, 2, seed)));
        await RunningAsync(requests: 1);
        var delayed = await TimedAnswer.ReadAsync(fog.StreamAsync(Request(shortTokens, 4, seed + 1)));
        return (delayed.FirstTokenSeconds, (await reading).FirstTokenSeconds);
    }

    private async Task<(double Quiet, double Median, double Longest, double Long)> AnswerBesideLongPromptAsync(int tokens, int seed)
    {
        using var stop = new CancellationTokenSource();
        var quiet = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = new TimedAnswer();
        var answering = running.ReadAsync(fog.StreamAsync(Request(shortTokens, longTokens, seed), stop.Token), () =>
        {
            if (running.ArrivalSeconds.Count > QuietTokens)
                quiet.TrySetResult();
        });
        await await Task.WhenAny(quiet.Task, answering);
        var from = running.NowSeconds;
        var reading = await TimedAnswer.ReadAsync(fog.StreamAsync(Request(tokens, 2, seed + 1)));
        var to = from + reading.FirstTokenSeconds;
        await stop.CancelAsync();
        try
        {
            await answering;
        }
        catch (OperationCanceledException)
        {
            // It has served its purpose.
        }
        double[] gaps = [.. running.GapsWithin(from, to)];
        if (gaps.Length == 0)
            gaps = [to - from];
        return (Statistics.Median([.. running.GapsWithin(0, from)]), Statistics.Median(gaps), gaps.Max(), reading.FirstTokenSeconds);
    }

    /// <summary>Asks until so many requests have left the queue of the replica that reads prompts.</summary>
    private async Task RunningAsync(int requests)
    {
        while ((await fog.StatusAsync()).Replicas[0].RunningRequests < requests)
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
    }

    private GenerationRequest Request(int promptTokens, int answerTokens, int seed) =>
        RandomPrompts.Request(model, RandomPrompts.Make(model, 1, promptTokens, seed)[0], answerTokens);
}
