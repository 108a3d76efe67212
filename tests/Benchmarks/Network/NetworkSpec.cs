namespace E2LLM.Benchmarks.Network;

/// <summary>What the first end of a network is told, as JSON on its command line.</summary>
internal sealed record NetworkSpec
{
    public required string OwnAddress { get; init; }

    public required string PeerAddress { get; init; }

    /// <summary>The other end's namespace.</summary>
    public required string PeerNamespace { get; init; }

    /// <summary>Of the wire: one way.</summary>
    public required double DelaySeconds { get; init; }

    public required int Rounds { get; init; }

    public required string Shape { get; init; }

    public required string DataDirectory { get; init; }

    /// <summary>The GGUF file of the demo.</summary>
    public required string DemoModel { get; init; }

    /// <summary>Of the prompt whose KV cache is handed on.</summary>
    public required int PromptTokens { get; init; }
}
