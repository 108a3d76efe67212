using System.Collections.Immutable;
using System.Runtime.InteropServices;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;

namespace E2LLM.Scheduling.Admission;

/// <summary>An accepted request: what it asked for, what it may use, and the answer so far. Lives from the queue to its end.</summary>
internal sealed class RequestState
{
    private readonly List<int> _answer;

    private RequestState(GenerationRequest request, RunMode mode, int answerLimitTokens, double queuedSeconds)
    {
        Request = request;
        _answer = [.. BegunAnswer(request)];
        BegunTokens = _answer.Count;
        Mode = mode;
        IsReadHere = mode != RunMode.DecodeOnly;
        AnswerLimitTokens = answerLimitTokens;
        QueuedSeconds = queuedSeconds;
    }

    public GenerationRequest Request { get; }

    public string Id => Request.Id;

    /// <summary>What is still to be run: <see cref="RunMode.DecodeOnly"/> is <see cref="RunMode.Whole"/> once its KV cache is here.</summary>
    public RunMode Mode { get; private set; }

    /// <summary>Whether its prompt is read here, and not on another replica.</summary>
    public bool IsReadHere { get; }

    /// <summary>The request's limit, or what the sequence limit leaves beside the prompt. What others have written counts.</summary>
    public int AnswerLimitTokens { get; }

    /// <summary>Tokens of the answer that others have written.</summary>
    public int BegunTokens { get; }

    /// <summary>Whether a token has been written here.</summary>
    public bool HasWritten => AnswerTokens > BegunTokens;

    /// <summary>KV cells that the request can come to need.</summary>
    public int Cells => PromptLength + (Mode == RunMode.PrefillOnly ? BegunTokens + 1 : AnswerLimitTokens);

    /// <summary>Tokens that have still to be read or may still be written when it gets a slot.</summary>
    public int PendingTokens => Mode switch
    {
        RunMode.PrefillOnly => ReadTokens,
        RunMode.DecodeOnly => AnswerLimitTokens - BegunTokens,
        _ => Cells,
    };

    /// <summary>Prompt tokens whose KV cache is to come from elsewhere.</summary>
    public int AwaitedKvTokens => Mode == RunMode.DecodeOnly ? PromptLength : 0;

    /// <summary>Tokens to read in chunks when it gets a slot: a prefill part never feeds the token that it sampled.</summary>
    public int ReadTokens => Mode == RunMode.PrefillOnly ? PromptLength + BegunTokens : KnownTokens;

    /// <summary>When it (last) joined the queue, on the caller's clock.</summary>
    public double QueuedSeconds { get; set; }

    /// <summary>Its place in the queue, now and whenever it comes back.</summary>
    public QueuePlace Place { get; set; }

    /// <summary>Failed steps that it had rows in, and caches that did not arrive, since its latest token.</summary>
    public int FailedSteps { get; set; }

    /// <summary>How often it lost its slot because cells were short.</summary>
    public int Preemptions { get; set; }

    public int AnswerTokens => _answer.Count;

    /// <summary>Prompt and answer so far.</summary>
    public int KnownTokens => PromptLength + _answer.Count;

    private int PromptLength => Request.PromptTokens.Length;

    /// <summary>Checks a request against what the replica can ever give it.</summary>
    /// <exception cref="RequestRejectedException">It can never fit: names the prompt's length, the limit and its knob.</exception>
    public static RequestState Accept(GenerationRequest request, EngineSettings engine, double nowSeconds, RunMode mode)
    {
        var prompt = request.PromptTokens.IsDefault ? 0 : request.PromptTokens.Length;
        if (prompt == 0)
            throw Invalid("The prompt has 0 tokens; it needs at least 1.", nameof(request.PromptTokens));
        if (request.MaxTokens < 1)
            throw Invalid($"MaxTokens is {request.MaxTokens}; it must be at least 1.", nameof(request.MaxTokens));
        var begun = BegunAnswer(request).Length;
        if (begun >= request.MaxTokens)
            throw Invalid(
                $"The answer has {begun} tokens already, but MaxTokens is {request.MaxTokens}: nothing is left to write.", nameof(request.Answer));
        if (!Enum.IsDefined(request.Priority))
            throw Invalid($"Priority is {request.Priority}; it must be Low, Normal or High.", nameof(request.Priority));
        if (request.DeadlineSeconds is { } deadline && !(deadline >= 0))
            throw Invalid($"DeadlineSeconds is {deadline}; it must be 0 or more.", nameof(request.DeadlineSeconds));
        if (prompt >= engine.MaxSequenceTokens)
            throw TooLong(
                $"The prompt has {prompt} tokens, but prompt and answer together may have at most {engine.MaxSequenceTokens} " +
                $"(MaxSequenceTokens). Shorten the prompt to {engine.MaxSequenceTokens - 1} tokens or fewer.");
        if (prompt + begun >= engine.MaxSequenceTokens)
            throw TooLong(
                $"The prompt has {prompt} tokens and its answer {begun} already, but together they may have at most " +
                $"{engine.MaxSequenceTokens} (MaxSequenceTokens): nothing is left to write.");

        // How long the answer may get is for the replica to say that writes it.
        var answer = mode == RunMode.PrefillOnly ? request.MaxTokens : Math.Min(request.MaxTokens, engine.MaxSequenceTokens - prompt);
        var state = new RequestState(request, mode, answer, nowSeconds);
        if (state.Cells > engine.KvCells)
            throw TooLong(
                $"The prompt has {prompt} tokens and its answer may have {state.Cells - prompt}: {state.Cells} KV cells, but the replica " +
                $"has {engine.KvCells} (KvCells). Shorten the prompt or ask for fewer tokens.");
        return state;
    }

    public int TokenAt(int position) =>
        position < PromptLength ? Request.PromptTokens[position] : _answer[position - PromptLength];

    public void Append(int token) => _answer.Add(token);

    /// <summary>From here on it runs like any other, and reads again what it loses.</summary>
    /// <param name="answer">The whole answer that has been written elsewhere; it goes on from the one known here.</param>
    public void ContinueWhole(ImmutableArray<int> answer)
    {
        Mode = RunMode.Whole;
        _answer.AddRange(answer.AsSpan()[_answer.Count..]);
    }

    /// <summary>Whether an answer begins with all that is known here.</summary>
    public bool IsContinuedBy(ImmutableArray<int> answer) => answer.AsSpan().StartsWith(CollectionsMarshal.AsSpan(_answer));

    /// <summary>How the stages open a slot for it.</summary>
    public SequenceCommand Open(int slot) => SequenceCommand.Open(slot, Request, [.. _answer]);

    private static ImmutableArray<int> BegunAnswer(GenerationRequest request) => request.Answer.IsDefault ? [] : request.Answer;

    private static RequestRejectedException Invalid(string message, string parameter) =>
        new(message) { Code = RejectionCodes.InvalidValue, Parameter = parameter };

    private static RequestRejectedException TooLong(string message) =>
        new(message) { Code = RejectionCodes.ContextLengthExceeded, Parameter = nameof(GenerationRequest.PromptTokens) };
}
