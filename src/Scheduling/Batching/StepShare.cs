namespace E2LLM.Scheduling.Batching;

/// <summary>The rows of one request in a step; they lie together, in the order of the shares.</summary>
/// <param name="RequestId">Whose rows they are.</param>
/// <param name="Sequence">Slot.</param>
/// <param name="Rows">At least 1.</param>
/// <param name="IsPrefill">Whether the rows read known text; otherwise the one row writes on.</param>
/// <param name="HasOutput">Whether the last row gives a token.</param>
public readonly record struct StepShare(string RequestId, int Sequence, int Rows, bool IsPrefill, bool HasOutput);
