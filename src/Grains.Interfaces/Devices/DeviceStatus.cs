using System.Collections.Immutable;
using E2LLM.Core.Fleets;

namespace E2LLM.Grains.Interfaces.Devices;

/// <summary>A device as its silo sees it.</summary>
[GenerateSerializer, Alias("E2LLM.DeviceStatus"), Immutable]
public sealed record DeviceStatus
{
    [Id(0)] public required DeviceSpec Spec { get; init; }

    /// <summary>Name of the silo that hosts it.</summary>
    [Id(1)] public required string Silo { get; init; }

    /// <summary>Profiles taken so far, one a model.</summary>
    [Id(2)] public ImmutableArray<DeviceProfile> Profiles { get; init; } = [];

    /// <summary>Stages on it that hold an engine, or are about to.</summary>
    [Id(3)] public int LoadedStages { get; init; }
}
