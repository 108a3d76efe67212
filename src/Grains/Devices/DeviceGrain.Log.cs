using E2LLM.Core.Fleets;
using Microsoft.Extensions.Logging;

namespace E2LLM.Grains.Devices;

public sealed partial class DeviceGrain
{
    [LoggerMessage(Level = LogLevel.Information,
        Message = "Device {Device}: one layer of {Model} takes {MillisecondsPerLayer:0.000} ms a decode step ({Source}).")]
    private partial void LogProfiled(string device, string model, ProfileSource source, double millisecondsPerLayer);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Device {Device} still held stage {Stage}, which no plan names: it is unloaded.")]
    private partial void LogSwept(string device, string stage);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Device {Device}: stage {Stage} could not be unloaded.")]
    private partial void LogSweepFailed(Exception exception, string device, string stage);
}
