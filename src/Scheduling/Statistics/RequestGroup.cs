using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Core.Statistics;

namespace E2LLM.Scheduling.Statistics;

/// <summary>Counts and distributions of the requests of a model, a role or a replica.</summary>
internal sealed class RequestGroup
{
    private readonly SortedDictionary<RequestFigure, LogHistogram> _figures = [];
    private RequestGroupStatistics _counts;

    /// <param name="role">Null: all of the model.</param>
    /// <param name="replica">Empty: all of the role, or of the model.</param>
    public RequestGroup(ReplicaRole? role, string replica) => _counts = new RequestGroupStatistics { Role = role, Replica = replica };

    public RequestGroup(GroupJournal journal)
    {
        _counts = journal.Counts;
        foreach (var figure in journal.Figures)
            Histogram(figure.Figure).Merge(figure.Values);
    }

    public ReplicaRole? Role => _counts.Role;

    public string Replica => _counts.Replica;

    public void Add(RequestEnd end)
    {
        _counts = _counts with
        {
            Requests = _counts.Requests + 1,
            Failed = _counts.Failed + (RequestEnds.HasFailed(end) ? 1 : 0),
            Refused = _counts.Refused + (end.IsRefused ? 1 : 0),
            Cancelled = _counts.Cancelled + (end.Finish == FinishReason.Cancelled ? 1 : 0),
            Replays = _counts.Replays + end.Timeline.Replays,
            PromptTokens = _counts.PromptTokens + (Role == ReplicaRole.Decoder ? 0 : end.Timeline.PromptTokens),
            GeneratedTokens = _counts.GeneratedTokens + (Role == ReplicaRole.Prefill ? 0 : end.Timeline.GeneratedTokens),
        };
        if (end.Finish is FinishReason.Stop or FinishReason.Length)
            foreach (var (figure, value) in RequestFigures.Of(end.Timeline, Role ?? ReplicaRole.Mixed))
                Histogram(figure).Add(value);
    }

    public RequestGroupStatistics ToStatistics() =>
        _counts with { Figures = [.. _figures.Select(pair => new FigureSummary(pair.Key, pair.Value.Summarize()!))] };

    public GroupJournal ToJournal() =>
        new(_counts, [.. _figures.Select(pair => new FigureJournal(pair.Key, pair.Value.ToSnapshot()))]);

    private LogHistogram Histogram(RequestFigure figure)
    {
        if (!_figures.TryGetValue(figure, out var histogram))
            _figures.Add(figure, histogram = figure == RequestFigure.KvBytes ? LogHistogram.OfBytes() : LogHistogram.OfSeconds());
        return histogram;
    }
}
