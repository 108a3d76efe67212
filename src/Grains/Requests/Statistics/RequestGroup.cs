using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Core.Statistics;
using E2LLM.Grains.Interfaces.Requests;

namespace E2LLM.Grains.Requests.Statistics;

/// <summary>Counts and distributions of the requests of a model, a role or a replica.</summary>
/// <param name="role">Null: all of the model.</param>
/// <param name="replica">Empty: all of the role, or of the model.</param>
internal sealed class RequestGroup(ReplicaRole? role, string replica)
{
    private readonly SortedDictionary<RequestFigure, LogHistogram> _figures = [];
    private long _requests;
    private long _failed;
    private long _cancelled;
    private long _replays;
    private long _promptTokens;
    private long _generatedTokens;

    public RequestGroup(GroupJournal journal)
        : this(journal.Role, journal.Replica)
    {
        (_requests, _failed, _cancelled, _replays) = (journal.Requests, journal.Failed, journal.Cancelled, journal.Replays);
        (_promptTokens, _generatedTokens) = (journal.PromptTokens, journal.GeneratedTokens);
        foreach (var figure in journal.Figures)
            Histogram(figure.Figure).Merge(figure.Values);
    }

    public ReplicaRole? Role => role;

    public string Replica => replica;

    public void Add(RequestEnd end)
    {
        _requests++;
        _failed += end.Finish == FinishReason.Failed ? 1 : 0;
        _cancelled += end.Finish == FinishReason.Cancelled ? 1 : 0;
        _replays += end.Timeline.Replays;
        _promptTokens += role == ReplicaRole.Decoder ? 0 : end.Timeline.PromptTokens;
        _generatedTokens += role == ReplicaRole.Prefill ? 0 : end.Timeline.GeneratedTokens;
        if (end.Finish is FinishReason.Stop or FinishReason.Length)
            foreach (var (figure, value) in RequestFigures.Of(end.Timeline, role ?? ReplicaRole.Mixed))
                Histogram(figure).Add(value);
    }

    public RequestGroupStatistics ToStatistics() => new()
    {
        Role = role,
        Replica = replica,
        Requests = _requests,
        Failed = _failed,
        Cancelled = _cancelled,
        Replays = _replays,
        PromptTokens = _promptTokens,
        GeneratedTokens = _generatedTokens,
        Figures = [.. _figures.Select(pair => new FigureSummary(pair.Key, pair.Value.Summarize()!))],
    };

    public GroupJournal ToJournal() => new()
    {
        Role = role,
        Replica = replica,
        Requests = _requests,
        Failed = _failed,
        Cancelled = _cancelled,
        Replays = _replays,
        PromptTokens = _promptTokens,
        GeneratedTokens = _generatedTokens,
        Figures = [.. _figures.Select(pair => new FigureJournal(pair.Key, pair.Value.ToSnapshot()))],
    };

    private LogHistogram Histogram(RequestFigure figure)
    {
        if (!_figures.TryGetValue(figure, out var histogram))
            _figures.Add(figure, histogram = figure == RequestFigure.KvBytes ? LogHistogram.OfBytes() : LogHistogram.OfSeconds());
        return histogram;
    }
}
