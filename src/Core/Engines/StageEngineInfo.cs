namespace E2LLM.Core.Engines;

/// <summary>What a loaded engine is.</summary>
public sealed record StageEngineInfo
{
    public required int FirstLayer { get; init; }

    public required int LayerCount { get; init; }

    /// <summary>Looks token ids up.</summary>
    public required bool IsFirst { get; init; }

    /// <summary>Holds the head and samples.</summary>
    public required bool IsLast { get; init; }

    /// <summary>Values in a hidden state (n_embd).</summary>
    public required int HiddenWidth { get; init; }

    /// <summary>Bytes of the loaded weights.</summary>
    public required long WeightBytes { get; init; }
}
