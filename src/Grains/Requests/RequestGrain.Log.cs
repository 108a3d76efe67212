using E2LLM.Core.Requests;
using Microsoft.Extensions.Logging;

namespace E2LLM.Grains.Requests;

public sealed partial class RequestGrain
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Nobody read the answer of request {Request} for {LeaseSeconds} s: cancelled.")]
    private partial void LogAbandoned(string request, double leaseSeconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "The journal of request {Request} could not be written. The answer goes on; a restart would not know of it.")]
    private partial void LogJournalFailed(Exception exception, string request);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Request {Request} was in phase {Phase} when its silo went: interrupted.")]
    private partial void LogInterrupted(string request, RequestPhase phase);
}
