namespace E2LLM.Simulation.Churn;

/// <summary>Something that happens to a device while requests are served.</summary>
/// <param name="AtSeconds">Since the start; 0 or more.</param>
/// <param name="DeviceId">Of the fleet.</param>
/// <param name="Kind">What.</param>
/// <param name="Factor">Of <see cref="FleetEventKind.Slows"/>: above 0; 1 is as fast as the profile says, whatever was before.</param>
public readonly record struct FleetEvent(double AtSeconds, string DeviceId, FleetEventKind Kind, double Factor = 1)
{
    public static FleetEvent Leaves(string deviceId, double atSeconds) => new(atSeconds, deviceId, FleetEventKind.Leaves);

    public static FleetEvent Joins(string deviceId, double atSeconds) => new(atSeconds, deviceId, FleetEventKind.Joins);

    public static FleetEvent Slows(string deviceId, double atSeconds, double factor) => new(atSeconds, deviceId, FleetEventKind.Slows, factor);
}
