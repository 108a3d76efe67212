using E2LLM.Core.Requests;

namespace E2LLM.Grains.Requests;

/// <summary>How an attempt to run a request ended. Its tokens are in the <see cref="AnswerLog"/>.</summary>
/// <param name="Finish">Why.</param>
/// <param name="Failure">Set where it failed.</param>
/// <param name="Replica">Grain key of the replica that ended it; null where none was found.</param>
/// <param name="Timeline">In seconds since the attempt was given to its first replica; null where no replica lived to say.</param>
/// <param name="IsTaken">Whether that replica is known to have had it.</param>
internal sealed record AttemptResult(
    FinishReason Finish, RequestFailure? Failure = null, string? Replica = null, RequestTimeline? Timeline = null, bool IsTaken = true);
