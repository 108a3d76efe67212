using E2LLM.Core.Requests;
using Microsoft.Extensions.Logging;

namespace E2LLM.Grains.Replicas;

public sealed partial class ReplicaGrain
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Replica {Replica} serves with {Stages} stages.")]
    private partial void LogStarted(string replica, int stages);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "Replica {Replica} reuses no prefixes: model {Model} has layers that see the latest {WindowTokens} tokens only.")]
    private partial void LogNoPrefixReuse(string replica, string model, int windowTokens);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Replica {Replica}: step {Step} failed on device {Device} ({Party}): {Reason}")]
    private partial void LogStepFailed(string replica, long step, string device, FailedParty party, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Replica {Replica} is out of service: {Reason}")]
    private partial void LogOutOfService(string replica, string reason);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Replica {Replica}: the reader of request {Request} has not been heard of for {LeaseSeconds} s (KvLeaseSeconds): what the request holds is freed.")]
    private partial void LogAbandoned(string replica, string request, double leaseSeconds);
}
