namespace E2LLM.Core.Statistics;

/// <summary>What is measured of requests, in seconds except for the bytes.</summary>
public enum RequestFigure
{
    /// <summary>The waits that the group is answerable for: PREFILL that in its queue, DECODER that in its own, all others both.</summary>
    Wait,

    /// <summary>From acceptance to the start of the prefill.</summary>
    QueueWait,

    /// <summary>From the end of the prefill until the decoder has room; not in <see cref="Wait"/>.</summary>
    SlotWait,

    /// <summary>From the complete KV cache to the start of the decode.</summary>
    DecoderWait,

    Prefill,

    /// <summary>TTFT.</summary>
    TimeToFirstToken,

    /// <summary>TPOT, one value a request.</summary>
    TimePerOutputToken,

    /// <summary>ITL, one value a token after the first.</summary>
    InterToken,

    /// <summary>E2E.</summary>
    EndToEnd,

    /// <summary>The KV cache on its way.</summary>
    KvTransfer,

    KvBytes,
}
