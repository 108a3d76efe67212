using Orleans.Placement;

namespace E2LLM.Grains.Placement;

/// <summary>Places a grain on the silo that hosts the device named by the first part of its key.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class OnDeviceAttribute() : PlacementAttribute(new DevicePlacement());
