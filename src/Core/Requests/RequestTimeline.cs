using System.Collections.Immutable;

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

    /// <summary>Seconds that the KV cache was on its way, without the waits for the prompt to be read.</summary>
    [Id(13)] public double? KvTransferSeconds { get; init; }

    /// <summary>As <see cref="Replica"/>, of the one that wrote the answer; empty where that read the prompt too.</summary>
    [Id(14)] public string DecoderReplica { get; init; } = "";

    /// <summary>
    /// How often the request went on elsewhere because a replica failed. Above 0, queue and prefill are those of the last replica, so
    /// the first token may lie before them.
    /// </summary>
    [Id(15)] public int Replays { get; init; }

    /// <summary>Time in the replica's queue.</summary>
    public double? WaitSeconds => PrefillStartSeconds - QueuedSeconds;

    /// <summary>Time per output token after the first; null below two tokens.</summary>
    public double? SecondsPerOutputToken =>
        GeneratedTokens < 2 ? null : (LastTokenSeconds - FirstTokenSeconds) / (GeneratedTokens - 1);
}
