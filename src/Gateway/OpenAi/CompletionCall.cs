using E2LLM.Core.Requests;

namespace E2LLM.Gateway.OpenAi;

/// <summary>What a body asked for.</summary>
internal sealed record CompletionCall
{
    public required CompletionKind Kind { get; init; }

    public required ChatRequest Request { get; init; }

    /// <summary>By which of its two names the client set the limit of tokens.</summary>
    public string LimitField { get; init; } = FieldNames.MaxTokens;

    /// <summary>Whether the answer comes as server-sent events.</summary>
    public bool Stream { get; init; }

    /// <summary>Whether a stream ends with a chunk that counts the tokens.</summary>
    public bool IncludeUsage { get; init; }
}
