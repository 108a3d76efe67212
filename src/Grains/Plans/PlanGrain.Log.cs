using E2LLM.Grains.Interfaces.Plans;
using Microsoft.Extensions.Logging;

namespace E2LLM.Grains.Plans;

public sealed partial class PlanGrain
{
    [LoggerMessage(Level = LogLevel.Information,
        Message = "Plan {Generation} of {Model} by {Planner}: {Replicas} replicas, {Unused} devices left out.")]
    private partial void LogPlanned(string model, long generation, string planner, int replicas, int unused);

    [LoggerMessage(Level = LogLevel.Error, Message = "Plan of {Model} failed while {Phase}: {Reason}")]
    private partial void LogRefused(string model, PlanPhase phase, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Replica {Replica} is started anew: {Reason}")]
    private partial void LogRestarting(string replica, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Replica {Replica} serves again.")]
    private partial void LogRestarted(string replica);

    [LoggerMessage(Level = LogLevel.Error, Message = "Replica {Replica} could not be started anew; that is tried again.")]
    private partial void LogRestartFailed(Exception exception, string replica);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Replica {Replica} could not be stopped.")]
    private partial void LogStopFailed(Exception exception, string replica);

    [LoggerMessage(Level = LogLevel.Error, Message = "Plan of {Model} failed while {Phase}.")]
    private partial void LogFailed(Exception exception, string model, PlanPhase phase);
}
