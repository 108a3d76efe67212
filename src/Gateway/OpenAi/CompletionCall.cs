using E2LLM.Core.Requests;

namespace E2LLM.Gateway.OpenAi;

/// <summary>What a body asked for.</summary>
internal sealed record CompletionCall
{
    public required CompletionKind Kind { get; init; }

    public required ChatRequest Request { get; init; }

    /// <summary>Whether the answer comes as server-sent events.</summary>
    public bool Stream { get; init; }

    /// <summary>Whether a stream ends with a chunk that counts the tokens.</summary>
    public bool IncludeUsage { get; init; }
}
