using E2LLM.Core.Requests;
using Microsoft.Extensions.Logging;

namespace E2LLM.Grains.Requests;

public sealed partial class RequestGrain
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Request {Request} failed ({Party}).")]
    private partial void LogFailed(Exception exception, string request, FailedParty party);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Nobody read the answer of request {Request} for {LeaseSeconds} s: cancelled.")]
    private partial void LogAbandoned(string request, double leaseSeconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "The journal of request {Request} could not be written. The answer goes on; a restart would not know of it.")]
    private partial void LogJournalFailed(Exception exception, string request);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Replica {Replica} could not be told that request {Request} has ended.")]
    private partial void LogReplicaGone(Exception exception, string request, string replica);
}
