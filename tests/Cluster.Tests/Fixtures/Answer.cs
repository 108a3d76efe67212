using E2LLM.Core.Requests;

namespace E2LLM.Cluster.Tests.Fixtures;

/// <summary>A finished request.</summary>
internal sealed record Answer(IReadOnlyList<int> Tokens, TokenChunk Last)
{
    public FinishReason? Finish => Last.Finish;
}
