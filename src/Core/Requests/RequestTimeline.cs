using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace E2LLM.Core.Requests;

/// <summary>When a request reached each point of its life, in seconds after it was accepted. Null: not reached.</summary>
[GenerateSerializer, Alias("E2LLM.RequestTimeline"), Immutable]
public sealed record RequestTimeline
{
    [Id(0)] public required DateTimeOffset AcceptedAt { get; init; }

    /// <summary>In a replica's queue.</summary>
    [Id(1)] public double? QueuedSeconds { get; init; }

    /// <summary>First prefill chunk handed to the first stage.</summary>
    [Id(2)] public double? PrefillStartSeconds { get; init; }

    [Id(3)] public double? FirstTokenSeconds { get; init; }

    [Id(4)] public double? LastTokenSeconds { get; init; }

    [Id(5)] public double? DoneSeconds { get; init; }

    [Id(6)] public int PromptTokens { get; init; }

    [Id(7)] public int GeneratedTokens { get; init; }

    /// <summary>Generation of the plan and name of the replica that served it: "3/r0".</summary>
    [Id(8)] public string Replica { get; init; } = "";

    [Id(9)] public ImmutableArray<DeviceTime> Devices { get; init; } = [];

    /// <summary>The whole KV cache is where the answer is written; null where one replica did both.</summary>
    [Id(10)] public double? KvSentSeconds { get; init; }

    /// <summary>The other replica has taken the KV cache in and goes on with the answer.</summary>
    [Id(11)] public double? DecodeStartSeconds { get; init; }

    /// <summary>Bytes of the KV cache that was handed on.</summary>
    [Id(12)] public long KvBytes { get; init; }

    /// <summary>Seconds that the hand-off waited for the KV cache to leave and arrive; what left while the prompt was still read is not in it.</summary>
    [Id(13)] public double? KvTransferSeconds { get; init; }

    /// <summary>As <see cref="Replica"/>, of the one that wrote the answer; empty where that read the prompt too.</summary>
    [Id(14)] public string DecoderReplica { get; init; } = "";

    /// <summary>
    /// How often the request went on elsewhere because a replica failed. Above 0, queue and prefill are those of the last replica, so
    /// the first token may lie before them.
    /// </summary>
    [Id(15)] public int Replays { get; init; }

    /// <summary>The whole prompt has been read: the step with its last rows is done.</summary>
    [Id(16)] public double? PrefillEndSeconds { get; init; }

    /// <summary>The replica that writes the answer has room for it: a slot waits for the KV cache. Null where one replica did both.</summary>
    [Id(17)] public double? DecoderSlotSeconds { get; init; }

    /// <summary>When each token reached the request's grain, as <see cref="TokenTimes"/> packs it.</summary>
    [Id(18), JsonIgnore] public ImmutableArray<byte> PackedTokenTimes { get; init; } = [];

    /// <summary>From acceptance until the first prompt chunk is handed to a stage; what queues inside the stages counts as service.</summary>
    public double? QueueWaitSeconds => PrefillStartSeconds;

    /// <summary>The KV cache is complete where the answer is written, and not taken in yet; null where one replica did both.</summary>
    public double? DecoderWaitSeconds => DecodeStartSeconds - KvSentSeconds;

    /// <summary>
    /// The prompt is read, and the other replica has no room for its KV cache yet. A cache is sent into a slot that waits for it, so
    /// this wait is over before the cache is complete: it is in neither of the two in <see cref="WaitSeconds"/>.
    /// </summary>
    public double? SlotWaitSeconds => DecoderSlotSeconds - PrefillEndSeconds is { } seconds ? Math.Max(0, seconds) : null;

    /// <summary>(prefill start - arrival) + (decode start - KV complete); the second is none where one replica did both.</summary>
    public double? WaitSeconds => QueueWaitSeconds + (DecoderWaitSeconds ?? 0);

    public double? PrefillSeconds => PrefillEndSeconds - PrefillStartSeconds;

    /// <summary>TTFT.</summary>
    public double? TimeToFirstTokenSeconds => FirstTokenSeconds;

    /// <summary>TPOT: time per output token after the first; null below two tokens.</summary>
    public double? SecondsPerOutputToken =>
        GeneratedTokens < 2 ? null : (LastTokenSeconds - FirstTokenSeconds) / (GeneratedTokens - 1);

    /// <summary>E2E.</summary>
    public double? EndToEndSeconds => DoneSeconds;

    /// <summary>When each token reached the request's grain; the first ones only of an answer that is very long.</summary>
    public ImmutableArray<double> TokenSeconds => TokenTimes.Unpack(PackedTokenTimes);
}
