using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

/// <summary>A request between its two replicas, as the owner of its hand-off sees it.</summary>
internal sealed class HandOffRun(AnswerModel answer)
{
    public AnswerModel Answer => answer;

    public bool IsPrefillAdmitted { get; set; }

    public bool IsHeld { get; set; }

    /// <summary>The tokens of the exported positions.</summary>
    public List<int> Exported { get; } = [];

    public KvReservation? Reservation { get; set; }

    /// <summary>The reservation before.</summary>
    public KvReservation? Stale { get; private set; }

    public HashSet<int> StagesFilled { get; } = [];

    /// <summary>The decoder goes on alone.</summary>
    public bool HasArrived { get; set; }

    /// <summary>The prefill side has still a say.</summary>
    public bool IsOpen => !HasArrived && Answer.Finish is null;

    public void Void()
    {
        Stale = Reservation ?? Stale;
        Reservation = null;
        StagesFilled.Clear();
    }
}
