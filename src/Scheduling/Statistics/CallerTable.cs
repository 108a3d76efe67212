using System.Collections.Immutable;
using E2LLM.Core.Requests;
using E2LLM.Core.Statistics;

namespace E2LLM.Scheduling.Statistics;

/// <summary>The requests by caller, for a bounded number of callers.</summary>
/// <remarks>
/// Callers name themselves, so there may be any number of names. A new one takes the place of the one with the fewest requests, of
/// several such of the one that has been quiet for longest: names that come once do not push out those that come often. Who loses the
/// place is summed up with all others, and begins from 0 if it comes again, so every request is counted once.
/// </remarks>
internal sealed class CallerTable
{
    public const int MaxCallers = 64;

    // The one whose request ended last is the last.
    private readonly List<CallerStatistics> _callers;

    /// <param name="callers">In the order of <see cref="Callers"/>; default where none was stored.</param>
    /// <param name="others">As <see cref="Others"/>.</param>
    public CallerTable(ImmutableArray<CallerStatistics> callers, CallerStatistics? others)
    {
        _callers = [.. callers.IsDefault ? [] : callers];
        Others = others;
    }

    /// <summary>The one whose request ended last is the last.</summary>
    public ImmutableArray<CallerStatistics> Callers => [.. _callers];

    /// <summary>All other callers together; null where there are none.</summary>
    public CallerStatistics? Others { get; private set; }

    /// <summary>Counts a request; one without a caller's name is nobody's.</summary>
    public void Add(RequestEnd end)
    {
        if (end.CallerId.Length == 0)
            return;
        var at = _callers.FindIndex(caller => caller.CallerId == end.CallerId);
        var before = at < 0 ? new CallerStatistics { CallerId = end.CallerId } : _callers[at];
        if (at >= 0)
            _callers.RemoveAt(at);
        else if (_callers.Count == MaxCallers)
            GiveUpOne();
        _callers.Add(Sum(before, Of(end)));
    }

    private void GiveUpOne()
    {
        // The first of several: quiet for longest.
        var fewest = _callers.MinBy(caller => caller.Requests)!;
        _callers.Remove(fewest);
        Others = Sum(Others ?? new CallerStatistics(), fewest);
    }

    private static CallerStatistics Of(RequestEnd end) => new()
    {
        Requests = 1,
        Failed = RequestEnds.HasFailed(end) ? 1 : 0,
        Refused = end.IsRefused ? 1 : 0,
        Cancelled = end.Finish == FinishReason.Cancelled ? 1 : 0,
        PromptTokens = end.Timeline.PromptTokens,
        GeneratedTokens = end.Timeline.GeneratedTokens,
    };

    /// <summary>Under the name of the first.</summary>
    private static CallerStatistics Sum(CallerStatistics first, CallerStatistics second) => first with
    {
        Requests = first.Requests + second.Requests,
        Failed = first.Failed + second.Failed,
        Refused = first.Refused + second.Refused,
        Cancelled = first.Cancelled + second.Cancelled,
        PromptTokens = first.PromptTokens + second.PromptTokens,
        GeneratedTokens = first.GeneratedTokens + second.GeneratedTokens,
    };
}
