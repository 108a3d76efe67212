using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Core.Requests;
using E2LLM.Gateway.Hosting;
using E2LLM.Gateway.Models;
using E2LLM.Gateway.OpenAi;
using E2LLM.Gateway.Plans;
using E2LLM.Gateway.Tokens;
using Microsoft.Extensions.Options;

namespace E2LLM.Gateway.Chat;

/// <summary>From text to tokens, with every check that needs no device.</summary>
internal sealed class ChatPreparation(
    IModelCatalog catalog, ITokenizerProvider tokenizers, TokenizerQueue queue, PlanReader plans, IOptions<GatewayOptions> options)
{
    /// <exception cref="RequestRejectedException">The request is malformed, too long, or for an unknown model.</exception>
    /// <exception cref="ModelNotReadyException">No complete replica serves the model.</exception>
    public async Task<PreparedChat> PrepareAsync(ChatRequest request, CancellationToken cancellationToken)
    {
        ChatRequestRules.Check(request, options.Value);
        var model = catalog.Require(request.ModelId);
        var limit = ServingLimits.SequenceTokens(model, await plans.GetReadyAsync(model.Id, cancellationToken));
        var tokenizer = await tokenizers.GetAsync(model.Id, cancellationToken);

        // Off the turn of a grain: a long prompt takes milliseconds.
        string[] texts = request.Prompt is { } text ? [text] : [.. request.Turns.Select(turn => turn.Content)];
        var prompt = await queue.RunAsync(
            texts.Sum(part => (long)part.Length), left => Tokenize(tokenizer, request, texts, limit, left), cancellationToken);
        return new PreparedChat(
            new GenerationRequest
            {
                Id = request.Id,
                ModelId = model.Id,
                PromptTokens = prompt,
                MaxTokens = MaxTokens(request, model.Id, prompt.Length, limit),
                Sampling = SamplingOptionsRules.Normalise(request.Sampling),
                StopTokens = request.IgnoresEndOfText ? [] : tokenizer.EndOfGenerationTokens,
                Priority = request.Priority,
                DeadlineSeconds = request.DeadlineSeconds,
                CallerId = request.CallerId,
            },
            tokenizer,
            request.StopTexts.IsDefault ? [] : request.StopTexts);
    }

    private static ImmutableArray<int> Tokenize(
        ITokenizer tokenizer, ChatRequest request, IReadOnlyCollection<string> texts, int limit, CancellationToken cancellationToken)
    {
        PromptLength.Check(tokenizer, texts, limit, parseSpecial: false, PromptOf(request), cancellationToken);
        var tokens = request.Prompt is { } prompt
            ? tokenizer.Tokenize(prompt, addSpecial: true, parseSpecial: false)
            : tokenizer.TokenizeChat(request.Turns);
        return tokens.Length > 0
            ? tokens
            : throw new RequestRejectedException("The prompt must have at least one token.")
            {
                Code = RejectionCodes.InvalidValue,
                Parameter = PromptOf(request),
            };
    }

    private static int MaxTokens(ChatRequest request, string modelId, int promptTokens, int limit)
    {
        if (promptTokens >= limit)
            throw TooLong(
                PromptOf(request),
                $"The prompt has {Words.Count(promptTokens, "token")}, but prompt and answer of model '{modelId}' may have {limit} together.");
        if (request.MaxTokens > limit - promptTokens)
            throw TooLong(
                nameof(request.MaxTokens),
                $"The prompt has {Words.Count(promptTokens, "token")} and {request.MaxTokens} more are asked for, but prompt and answer of model " +
                $"'{modelId}' may have {limit} together.");
        return request.MaxTokens ?? limit - promptTokens;
    }

    private static string PromptOf(ChatRequest request) => request.Prompt is null ? nameof(request.Turns) : nameof(request.Prompt);

    private static RequestRejectedException TooLong(string parameter, string message) =>
        new(message) { Code = RejectionCodes.ContextLengthExceeded, Parameter = parameter };
}
