namespace E2LLM.Simulation.Results;

/// <summary>A plan that was taken up because devices had left or come.</summary>
public sealed record PlanChange
{
    /// <summary>When it was taken up, in virtual seconds since the start.</summary>
    public required double AtSeconds { get; init; }

    /// <summary>Who had left and who had come: "lab-3090 left".</summary>
    public required string Reason { get; init; }

    /// <summary>Replicas of the plan.</summary>
    public required int Replicas { get; init; }

    /// <summary>Those of them that went on as they were.</summary>
    public required int KeptReplicas { get; init; }

    /// <summary>Weights that travelled for it: what devices had held before they load from their own discs.</summary>
    public double BytesMoved { get; init; }

    /// <summary>From taking it up until all of its replicas served; null where another plan, or the end, came first.</summary>
    public double? SecondsUntilServing { get; init; }
}
