namespace E2LLM.Core.Plans.Documents;

/// <summary>A stage that serves.</summary>
public sealed record ServedStage : PlannedStage
{
    /// <summary>Predicted compute of one decode step of one sequence.</summary>
    public required double DecodeSeconds { get; init; }

    /// <summary>Predicted transfer of one decode row to the next stage; 0 on the last stage.</summary>
    public required double HopSeconds { get; init; }
}
