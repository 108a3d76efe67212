
namespace E2LLM.Grains.Placement;

/// <summary>The strategy behind <see cref="OnDeviceAttribute"/>.</summary>
[Serializable, GenerateSerializer, Alias("E2LLM.DevicePlacement"), Immutable, SuppressReferenceTracking]
public sealed class DevicePlacement : PlacementStrategy;
