using System.Diagnostics.CodeAnalysis;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Gateway.Hosting;
using E2LLM.Gateway.OpenAi;

namespace E2LLM.Gateway.Chat;

/// <summary>What a request must fulfil before anything is spent on it, wherever it came from.</summary>
internal static class ChatRequestRules
{
    public const int MaxIdCharacters = 128;
    public const int MaxStopTexts = 16;
    public const int MaxStopTextCharacters = 1024;

    private static readonly string[] Roles = ["system", "user", "assistant"];

    /// <exception cref="RequestRejectedException">Names the first part that is wrong, and its valid range.</exception>
    public static void Check(ChatRequest request, GatewayOptions options)
    {
        if (!IsRequestId(request.Id))
            throw Rejected(nameof(request.Id), $"A request's id must have 1 to {MaxIdCharacters} letters, digits, '.', '_' or '-'.");
        CheckPrompt(request, options);
        if (request.MaxTokens is < 1)
            throw Rejected(nameof(request.MaxTokens), $"The token limit must be at least 1, but is {request.MaxTokens}.");
        if (request.Sampling is null)
            throw Rejected(nameof(request.Sampling), "The sampling options must be set.");
        foreach (var (property, message) in SamplingOptionsRules.FindErrors(request.Sampling))
            throw Rejected($"{nameof(request.Sampling)}.{property}", message);
        CheckStopTexts(request);
        if (!Enum.IsDefined(request.Priority))
            throw Rejected(nameof(request.Priority), $"The priority must be Low, Normal or High, but is {request.Priority}.");
        if (!CallerIds.IsValid(request.CallerId))
            throw Rejected(nameof(request.CallerId), CallerIds.Rule);
        if (request.DeadlineSeconds is { } deadline && !(deadline >= 0 && double.IsFinite(deadline)))
            throw Rejected(nameof(request.DeadlineSeconds), $"The longest wait must be 0 seconds or more, but is {deadline}.");
    }

    public static bool IsRequestId([NotNullWhen(true)] string? id) =>
        id is { Length: > 0 and <= MaxIdCharacters } && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    private static void CheckPrompt(ChatRequest request, GatewayOptions options)
    {
        var turns = request.Turns.IsDefault ? [] : request.Turns;
        if (request.Prompt is null == turns.IsEmpty)
            throw Rejected(nameof(request.Turns), "A request needs either at least one message or a bare prompt, and not both.");
        if (turns.Length > options.MaxMessages)
            throw Rejected(nameof(request.Turns), $"A conversation may have {Words.Count(options.MaxMessages, "message")}, but has {turns.Length}.");
        long characters = request.Prompt?.Length ?? 0;
        for (var i = 0; i < turns.Length; i++)
        {
            if (turns[i] is not { Role: { } role, Content: { } content } || !Roles.Contains(role))
                throw Rejected($"messages[{i}].role", $"Message {i} must have a text, and the role {string.Join(", ", Roles)}.");
            characters += content.Length;
        }

        if (characters > options.MaxPromptCharacters)
            throw Rejected(
                request.Prompt is null ? nameof(request.Turns) : nameof(request.Prompt),
                $"The text may have {Words.Count(options.MaxPromptCharacters, "character")}, but has {characters}.");
    }

    private static void CheckStopTexts(ChatRequest request)
    {
        var stops = request.StopTexts.IsDefault ? [] : request.StopTexts;
        if (stops.Length > MaxStopTexts)
            throw Rejected(nameof(request.StopTexts), $"At most {MaxStopTexts} stop texts are possible, not {stops.Length}.");
        // A stop text that began with half a character would cut the answer inside of one.
        if (stops.Any(stop => stop is not { Length: > 0 and <= MaxStopTextCharacters } || char.IsLowSurrogate(stop[0])))
            throw Rejected(nameof(request.StopTexts), $"A stop text must have 1 to {MaxStopTextCharacters} characters.");
    }

    private static RequestRejectedException Rejected(string parameter, string message) =>
        new(message) { Code = RejectionCodes.InvalidValue, Parameter = parameter };
}
