using E2LLM.Grains.Interfaces.Plans;
using Microsoft.Extensions.Logging;

namespace E2LLM.Grains.Plans;

public sealed partial class PlanGrain
{
    [LoggerMessage(Level = LogLevel.Information,
        Message = "Plan {Generation} of {Model} by {Planner}: {Replicas} replicas, {Unused} devices left out.")]
    private partial void LogPlanned(string model, long generation, string planner, int replicas, int unused);

    [LoggerMessage(Level = LogLevel.Error, Message = "Another plan of {Model} failed; the model is {Phase}. {Reason}")]
    private partial void LogRefused(string model, PlanPhase phase, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Another plan of {Model} failed; the model is {Phase}.")]
    private partial void LogFailed(Exception exception, string model, PlanPhase phase);

    [LoggerMessage(Level = LogLevel.Information, Message = "Replica {Replica} is started; start {Start}. {Reason}")]
    private partial void LogStarting(string replica, long start, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Replica {Replica} could not be started; that is tried again.")]
    private partial void LogStartFailed(Exception exception, string replica);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Replica {Replica} could not be drained.")]
    private partial void LogDrainFailed(Exception exception, string replica);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Replica {Replica} could not be stopped.")]
    private partial void LogStopFailed(Exception exception, string replica);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Replica {Replica} is silent, and does not answer.")]
    private partial void LogProbeFailed(Exception exception, string replica);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Device {Device} could not be swept of stages that no plan names.")]
    private partial void LogSweepFailed(Exception exception, string device);

    [LoggerMessage(Level = LogLevel.Error, Message = "The records of the plan of {Model} could not be written; it goes on by what it knows.")]
    private partial void LogNotWritten(Exception exception, string model);
}
