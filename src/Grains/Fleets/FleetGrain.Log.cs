using E2LLM.Core.Fleets;
using Microsoft.Extensions.Logging;

namespace E2LLM.Grains.Fleets;

public sealed partial class FleetGrain
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Silo {Silo} offers {Devices} devices for {Model}.")]
    private partial void LogOffered(string silo, int devices, string model);

    [LoggerMessage(Level = LogLevel.Information, Message = "Silo {Silo} leaves the fleet of {Model}.")]
    private partial void LogLeft(string silo, string model);

    [LoggerMessage(Level = LogLevel.Information, Message = "Device {Device} of the fleet of {Model}: {Order}.")]
    private partial void LogOrdered(string device, DeviceOrder order, string model);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Model} is to be served by fleet {Fleet} of {Devices} devices.")]
    private partial void LogFleet(string model, string fleet, int devices);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The fleet of {Model} could not be stored.")]
    private partial void LogNotWritten(Exception exception, string model);
}
