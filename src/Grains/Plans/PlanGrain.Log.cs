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

    [LoggerMessage(Level = LogLevel.Error, Message = "The records of the plan of {Model} could not be written; it goes on by what it knows.")]
    private partial void LogNotWritten(Exception exception, string model);
}
