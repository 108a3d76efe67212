namespace E2LLM.Core.Fleets;

/// <summary>An order that a device is under.</summary>
/// <param name="Order">Not <see cref="DeviceOrder.None"/>.</param>
/// <param name="Silo">Which hosted it then.</param>
/// <param name="Incarnation">Of that silo.</param>
[GenerateSerializer, Alias("E2LLM.OrderedDevice"), Immutable]
public readonly record struct OrderedDevice(
    [property: Id(0)] DeviceOrder Order, [property: Id(1)] string Silo, [property: Id(2)] long Incarnation);
