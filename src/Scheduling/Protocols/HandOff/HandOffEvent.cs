using E2LLM.Core.Requests;

namespace E2LLM.Scheduling.Protocols.HandOff;

/// <summary>
/// What a request hears of its hand-off. Chunks of one side come in their order; all else may overtake, come late or twice.
/// </summary>
public abstract record HandOffEvent
{
    private HandOffEvent()
    {
    }

    /// <summary>The prefill side has a slot for the request and reads its prompt.</summary>
    public sealed record PrefillBegan : HandOffEvent;

    /// <summary>
    /// The first token, or the end of the prefill side's part. Its last chunk has a finish reason or, where it was released, a timeline.
    /// </summary>
    public sealed record FromPrefill(TokenChunk Chunk) : HandOffEvent;

    /// <summary>A slot of the decoder waits for the cache; one that it had before is void.</summary>
    /// <param name="Step">The decoder's step that opens the slot: names it. Rises.</param>
    public sealed record SlotReady(long Step) : HandOffEvent;

    /// <summary>Outcome of <see cref="HandOffEffect.Send"/>: the decoder's stages have received all of the cache.</summary>
    public sealed record CacheSent(long Step) : HandOffEvent;

    /// <summary>Outcome of <see cref="HandOffEffect.Send"/>: they have not, or nobody knows.</summary>
    public sealed record CacheNotSent(long Step, RequestFailure Failure) : HandOffEvent;

    /// <summary>Outcome of <see cref="HandOffEffect.TellArrived"/>: the decoder goes on from the cache.</summary>
    public sealed record CacheTaken(long Step) : HandOffEvent;

    /// <summary>Outcome of <see cref="HandOffEffect.TellArrived"/>: it does not, or nobody knows.</summary>
    public sealed record CacheRefused(long Step, RequestFailure Failure) : HandOffEvent;

    /// <summary>Outcome of <see cref="HandOffEffect.TellLost"/>: nobody knows whether the decoder has heard it.</summary>
    public sealed record LossUnheard(long Step, RequestFailure Failure) : HandOffEvent;

    /// <summary>Outcome of <see cref="HandOffEffect.ReleasePrefill"/>: nobody knows whether the prefill side has heard it.</summary>
    public sealed record ReleaseUnheard : HandOffEvent;

    /// <summary>Tokens of the decoder, or the end of its part.</summary>
    public sealed record FromDecoder(TokenChunk Chunk) : HandOffEvent;

    /// <summary>Nobody wants the rest of the answer.</summary>
    public sealed record Cancelled : HandOffEvent;
}
