using E2LLM.Core.Requests;
using Microsoft.Extensions.Logging;

namespace E2LLM.Grains.Stages;

public sealed partial class StageGrain
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Device {Device} holds layers {First} to {End} ({WeightBytes} bytes).")]
    private partial void LogLoaded(string device, int first, int end, long weightBytes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Step {Step} failed on device {Device} ({Party}).")]
    private partial void LogStepFailed(Exception exception, string device, long step, FailedParty party);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Stage {Stage} tells its replica once more.")]
    private partial void LogToldAgain(Exception exception, string stage);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Stage {Stage}: replica {Replica} has not been heard of for {Seconds} s (StageLeaseSeconds is {LeaseSeconds}). The stage is unloaded.")]
    private partial void LogForgotten(string stage, string replica, double seconds, double leaseSeconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "The failure could not be reported to replica {Replica}.")]
    private partial void LogReportFailed(Exception exception, string replica);
}
