using E2LLM.Core.Requests;

namespace E2LLM.Scheduling.Tests.Batching;

/// <summary>An answer as its reader sees it, held against that of the bare model. Throws on the first token that is wrong.</summary>
internal sealed class AnswerModel(GenerationRequest request, int maxSequenceTokens)
{
    private readonly List<int> _tokens = [.. request.Answer];

    public GenerationRequest Request => request;

    /// <summary>Whether a token has come beyond those that others wrote.</summary>
    public bool HasGrown => _tokens.Count > request.Answer.Length;

    /// <summary>The whole answer so far.</summary>
    public IReadOnlyList<int> Tokens => _tokens;

    public FinishReason? Finish { get; private set; }

    public bool IsComplete => Finish is FinishReason.Stop or FinishReason.Length;

    public void Receive(TokenChunk chunk)
    {
        Require(Finish is null, "got news after its end");
        Require(chunk.FirstIndex == _tokens.Count, "lost or doubled tokens");
        _tokens.AddRange(chunk.Tokens);
        Finish = chunk.Finish;

        var expected = ReferenceModel.Generate(request, maxSequenceTokens);
        Require(expected.Tokens.Take(_tokens.Count).SequenceEqual(_tokens), "got tokens that are not its own");
        if (IsComplete)
            Require(Finish == expected.Finish && _tokens.Count == expected.Tokens.Length, "ended too soon");
    }

    private void Require(bool condition, string violation)
    {
        if (!condition)
            throw new InvalidOperationException($"{request.Id} {violation}");
    }
}
