using System.Collections.Immutable;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Protocols.Replay;
using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Results;

namespace E2LLM.Simulation.Churn;

/// <summary>A request over all of its attempts: what it has of its answer, and where it goes on.</summary>
internal sealed class FogRequest(int number, GenerationRequest generation, RequestTimes times, int maxReplays)
{
    private bool _hasEnded;

    public int Number => number;

    public RequestTimes Times => times;

    public ReplayPolicy Policy { get; } = new(generation, maxReplays);

    /// <summary>Tokens of its answer that it has.</summary>
    public int Tokens { get; private set; }

    public ImmutableArray<int> Answer => [.. Enumerable.Repeat(ISampledAnswer.AnyToken, Tokens)];

    /// <summary>Whether some replica has begun to read it.</summary>
    public bool HasBegun { get; set; }

    /// <summary>When it asked last where to go.</summary>
    public double AskedSeconds { get; set; }

    /// <summary>The token after those that it has.</summary>
    public int Sample() => Tokens + 1 >= times.AnswerTokens ? ISampledAnswer.StopToken : ISampledAnswer.AnyToken;

    /// <exception cref="InvalidOperationException">Tokens came twice, or some are missing before these.</exception>
    public void Append(int firstIndex, int tokens, double nowSeconds)
    {
        if (firstIndex != Tokens)
            throw new InvalidOperationException($"Token {firstIndex} of request {number} came where token {Tokens} was next.");
        if (tokens > 0 && times.FirstTokenSeconds == 0)
            times.FirstTokenSeconds = nowSeconds;
        Tokens += tokens;
    }

    /// <exception cref="InvalidOperationException">It has ended before, or the answer is whole and has not the tokens that it should have.</exception>
    public void End(FinishReason finish, double nowSeconds)
    {
        if (_hasEnded)
            throw new InvalidOperationException($"Request {number} ended twice.");
        _hasEnded = true;
        // A stop token counts and is no part of the answer.
        var written = Tokens + (finish == FinishReason.Stop ? 1 : 0);
        if (finish != FinishReason.Failed && written != times.AnswerTokens)
            throw new InvalidOperationException($"Request {number} ended after {written} tokens instead of {times.AnswerTokens}.");
        times.EndSeconds = nowSeconds;
        if (times.FirstTokenSeconds == 0)
            times.FirstTokenSeconds = nowSeconds;
    }
}
