using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;

namespace E2LLM.Scheduling.Admission;

/// <summary>An accepted request: what it asked for, what it may use, and the answer so far. Lives from the queue to its end.</summary>
internal sealed class RequestState
{
    private readonly List<int> _answer = [];

    private RequestState(GenerationRequest request, int answerLimitTokens, double queuedSeconds)
    {
        Request = request;
        AnswerLimitTokens = answerLimitTokens;
        QueuedSeconds = queuedSeconds;
    }

    public GenerationRequest Request { get; }

    public string Id => Request.Id;

    /// <summary>The request's limit, or what the sequence limit leaves beside the prompt.</summary>
    public int AnswerLimitTokens { get; }

    /// <summary>KV cells that the request can come to need: all of them are reserved before it starts.</summary>
    public int Cells => Request.PromptTokens.Length + AnswerLimitTokens;

    /// <summary>When it (last) joined the queue, on the caller's clock.</summary>
    public double QueuedSeconds { get; set; }

    /// <summary>Failed steps that it had rows in, since its latest token.</summary>
    public int FailedSteps { get; set; }

    public int AnswerTokens => _answer.Count;

    /// <summary>Prompt and answer so far.</summary>
    public int KnownTokens => Request.PromptTokens.Length + _answer.Count;

    /// <summary>Checks a request against what the replica can ever give it.</summary>
    /// <exception cref="RequestRejectedException">It can never fit: names the prompt's length, the limit and its knob.</exception>
    public static RequestState Accept(GenerationRequest request, EngineSettings engine, double nowSeconds)
    {
        var prompt = request.PromptTokens.IsDefault ? 0 : request.PromptTokens.Length;
        if (prompt == 0)
            throw new RequestRejectedException("The prompt has 0 tokens; it needs at least 1.");
        if (request.MaxTokens < 1)
            throw new RequestRejectedException($"MaxTokens is {request.MaxTokens}; it must be at least 1.");
        if (prompt >= engine.MaxSequenceTokens)
            throw new RequestRejectedException(
                $"The prompt has {prompt} tokens, but prompt and answer together may have at most {engine.MaxSequenceTokens} " +
                $"(MaxSequenceTokens). Shorten the prompt to {engine.MaxSequenceTokens - 1} tokens or fewer.");
        var answer = Math.Min(request.MaxTokens, engine.MaxSequenceTokens - prompt);
        if (prompt + answer > engine.KvCells)
            throw new RequestRejectedException(
                $"The prompt has {prompt} tokens and its answer may have {answer}: {prompt + answer} KV cells, but the replica has " +
                $"{engine.KvCells} (KvCells). Shorten the prompt or ask for fewer tokens.");
        return new RequestState(request, answer, nowSeconds);
    }

    public int TokenAt(int position)
    {
        var prompt = Request.PromptTokens.Length;
        return position < prompt ? Request.PromptTokens[position] : _answer[position - prompt];
    }

    public void Append(int token) => _answer.Add(token);

    /// <summary>The latest known tokens, as many as the sampler's penalties look at; empty without penalties.</summary>
    public ImmutableArray<int> PenaltyTokens()
    {
        if (!Request.Sampling.HasPenalties)
            return [];
        var count = Math.Min(KnownTokens, Request.Sampling.PenaltyLastTokens);
        var tokens = ImmutableArray.CreateBuilder<int>(count);
        for (var position = KnownTokens - count; position < KnownTokens; position++)
            tokens.Add(TokenAt(position));
        return tokens.MoveToImmutable();
    }
}
