using System.Collections.Immutable;
using E2LLM.Core.Requests;

namespace E2LLM.Scheduling.Protocols.HandOff;

/// <summary>What a request has to do for its hand-off, in the order given.</summary>
public abstract record HandOffEffect
{
    private HandOffEffect()
    {
    }

    /// <summary>Starts the decoder's part.</summary>
    public sealed record StartDecoder : HandOffEffect;

    /// <summary>
    /// Has the prefill side send the cache into the slot of that step. Outcomes: <see cref="HandOffEvent.CacheSent"/>,
    /// <see cref="HandOffEvent.CacheNotSent"/>.
    /// </summary>
    public sealed record Send(long Step) : HandOffEffect;

    /// <summary>Breaks that sending off. Its outcome does not matter any more.</summary>
    public sealed record StopSending(long Step) : HandOffEffect;

    /// <summary>
    /// Tells the decoder that the cache is there, and the token that follows it. Outcomes: <see cref="HandOffEvent.CacheTaken"/>,
    /// <see cref="HandOffEvent.CacheRefused"/>.
    /// </summary>
    public sealed record TellArrived(long Step, int FirstToken) : HandOffEffect;

    /// <summary>
    /// Tells the decoder that the cache will not come into that slot. It makes another slot or, with <paramref name="ReadHere"/>, reads
    /// the prompt itself and goes on after the answer so far: what had been delivered when this effect came up. Outcome, where
    /// it fails: <see cref="HandOffEvent.LossUnheard"/>.
    /// </summary>
    /// <param name="Step">The slot.</param>
    /// <param name="ReadHere">Whether no cache will come into any slot.</param>
    /// <param name="Failure">Why.</param>
    public sealed record TellLost(long Step, bool ReadHere, RequestFailure Failure) : HandOffEffect;

    /// <summary>Tells the prefill side that its cache has been taken in. Outcome, where it fails: <see cref="HandOffEvent.ReleaseUnheard"/>.</summary>
    public sealed record ReleasePrefill : HandOffEffect;

    /// <summary>Ends the prefill side's part and frees its cache. Harmless where it has ended.</summary>
    public sealed record DropPrefill : HandOffEffect;

    /// <summary>Ends the decoder's part and frees its slot. Harmless where it has ended.</summary>
    public sealed record DropDecoder : HandOffEffect;

    /// <summary>Tokens for the reader.</summary>
    /// <param name="FirstIndex">Index in the whole answer of the first one; no index comes twice, none is left out.</param>
    /// <param name="Tokens">At least one.</param>
    public sealed record Deliver(int FirstIndex, ImmutableArray<int> Tokens) : HandOffEffect;

    /// <summary>The answer has ended here. Comes once, after all tokens.</summary>
    /// <param name="Finish">Why.</param>
    /// <param name="Failure">Set where it failed.</param>
    /// <param name="By">The side that ended it; null where the reader did.</param>
    public sealed record End(FinishReason Finish, RequestFailure? Failure, HandOffSide? By) : HandOffEffect;
}
