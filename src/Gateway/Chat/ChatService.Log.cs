using E2LLM.Core.Requests;
using Microsoft.Extensions.Logging;

namespace E2LLM.Gateway.Chat;

/// <remarks>Prompts and answers are never logged.</remarks>
internal sealed partial class ChatService
{
    [LoggerMessage(LogLevel.Information,
        "Request {RequestId} for {Model} ended with {Finish}: {PromptTokens} tokens in, {GeneratedTokens} out, {Seconds:F3} s")]
    private partial void LogAnswered(
        string requestId, string? model, FinishReason finish, int promptTokens, int generatedTokens, double seconds);

    [LoggerMessage(LogLevel.Warning, "Request {RequestId} failed at {Party} in phase {Phase} on device '{DeviceId}': {Reason}")]
    private partial void LogFailed(string requestId, FailedParty party, RequestPhase phase, string deviceId, string reason);

    [LoggerMessage(LogLevel.Information, "Request {RequestId} was refused: {Reason}")]
    private partial void LogRefused(string requestId, string reason);

    [LoggerMessage(LogLevel.Information, "Request {RequestId} was not answered: {Error}")]
    private partial void LogNotAnswered(string requestId, string error);

    [LoggerMessage(LogLevel.Debug, "Request {RequestId} gave no timeline")]
    private partial void LogNoTimeline(string requestId, Exception error);
}
