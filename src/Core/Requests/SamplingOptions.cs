namespace E2LLM.Core.Requests;

/// <summary>How a token is drawn from the logits, in llama.cpp's terms and order: penalties, top-k, top-p, min-p, temperature, draw.</summary>
[GenerateSerializer, Alias("E2LLM.SamplingOptions"), Immutable]
public sealed record SamplingOptions
{
    public static readonly SamplingOptions Greedy = new() { Temperature = 0 };

    /// <summary>0, or less than 0.00001, takes the likeliest token. 0 to 2.</summary>
    [Id(0)] public float Temperature { get; init; } = 0.8f;

    /// <summary>Keep the k likeliest tokens; 0 keeps all.</summary>
    [Id(1)] public int TopK { get; init; } = 40;

    /// <summary>Keep the likeliest tokens that together reach this probability. Above 0 to 1; 1 keeps all.</summary>
    [Id(2)] public float TopP { get; init; } = 0.95f;

    /// <summary>Drop tokens below this share of the likeliest one's probability. 0 to 1; 0 drops none.</summary>
    [Id(3)] public float MinP { get; init; } = 0.05f;

    /// <summary>Divides the logits of recent tokens; 1 changes nothing. 0.01 to 10.</summary>
    [Id(4)] public float RepeatPenalty { get; init; } = 1;

    /// <summary>-2 to 2.</summary>
    [Id(5)] public float FrequencyPenalty { get; init; }

    /// <summary>-2 to 2.</summary>
    [Id(6)] public float PresencePenalty { get; init; }

    /// <summary>How many recent tokens the penalties look at. 0 to 4,096.</summary>
    [Id(7)] public int PenaltyLastTokens { get; init; } = 64;

    /// <summary>
    /// Seed of the draws. The draw at position p depends on the seed and p alone, so that a request that moves to another replica
    /// goes on with the same tokens and no generator state has to travel.
    /// </summary>
    [Id(8)] public uint Seed { get; init; }

    public bool HasPenalties => PenaltyLastTokens > 0 && (RepeatPenalty != 1 || FrequencyPenalty != 0 || PresencePenalty != 0);
}
