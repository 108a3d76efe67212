using E2LLM.Benchmarks.Load;
using E2LLM.Benchmarks.Reports;

namespace E2LLM.Benchmarks.HandOff;

/// <summary>What the rounds of one prompt length gave.</summary>
internal sealed class HandOffResults
{
    private readonly List<double> _raw = [];
    private readonly List<double> _port = [];
    private readonly List<double> _request = [];
    private readonly List<double> _gap = [];
    private readonly List<double> _secondGap = [];
    private readonly List<double> _step = [];
    private readonly List<double> _steps = [];
    private readonly List<double> _sentAfter = [];
    private readonly List<double> _takenIn = [];
    private readonly List<double> _firstToken = [];

    public void Add(double rawBytesPerSecond, double portBytesPerSecond)
    {
        _raw.Add(rawBytesPerSecond);
        _port.Add(portBytesPerSecond);
    }

    public void Add(TimedAnswer answer)
    {
        var timeline = answer.Timeline!;
        if (timeline.KvSentSeconds is not { } sent || timeline.DecodeStartSeconds is not { } start)
            throw new InvalidOperationException($"The request was not handed over: {timeline}.");
        _request.Add(timeline.KvBytes / timeline.KvTransferSeconds!.Value);
        var gap = answer.Gaps(0).First();
        var step = Statistics.Median([.. answer.Gaps(1)]);
        _gap.Add(gap);
        _secondGap.Add(answer.Gaps(1).First());
        _step.Add(step);
        _steps.Add(gap / step);
        _sentAfter.Add(sent - timeline.FirstTokenSeconds!.Value);
        _takenIn.Add(start - sent);
        _firstToken.Add(answer.FirstTokenSeconds);
    }

    public void Print(int promptTokens, long bytes)
    {
        var label = $"{promptTokens,5} tokens, {bytes / 1048576.0:0.0} MiB";
        var raw = Statistics.Median(_raw);
        Line("data port alone against the raw socket", Statistics.Median(_port) / raw, "");
        Line("the request's KV rate against it", Statistics.Median(_request) / raw, "");
        Line("gap of tokens 1 and 2, in decode steps", Statistics.Median(_steps), Range(_steps, 1));
        Line("raw socket", raw / 1e9, "GB/s " + Range(_raw, 1e9));
        Line("data port alone", Statistics.Median(_port) / 1e9, "GB/s " + Range(_port, 1e9));
        Line("request: KvBytes / KvTransferSeconds", Statistics.Median(_request) / 1e9, "GB/s " + Range(_request, 1e9));
        Line("gap at the reader", Statistics.Median(_gap) * 1e3, "ms " + Range(_gap, 1e-3));
        Line("gap of tokens 2 and 3", Statistics.Median(_secondGap) * 1e3, "ms " + Range(_secondGap, 1e-3));
        Line("decode step at the reader", Statistics.Median(_step) * 1e3, "ms " + Range(_step, 1e-3));
        Line("first token to cache sent", Statistics.Median(_sentAfter) * 1e3, "ms " + Range(_sentAfter, 1e-3));
        Line("cache sent to taken in", Statistics.Median(_takenIn) * 1e3, "ms " + Range(_takenIn, 1e-3));
        Line("time to first token", Statistics.Median(_firstToken) * 1e3, "ms " + Range(_firstToken, 1e-3));

        void Line(string what, double value, string rest) => Console.WriteLine($"{label}  {what,-40} {value,9:0.000} {rest}".TrimEnd());
    }

    private static string Range(List<double> values, double unit) => $"({values.Min() / unit:0.000} to {values.Max() / unit:0.000})";
}
