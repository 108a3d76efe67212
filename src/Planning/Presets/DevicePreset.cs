namespace E2LLM.Planning.Presets;

/// <summary>A kind of device with rates that follow from published measurements.</summary>
public sealed record DevicePreset
{
    /// <summary>"raspberry-pi-5".</summary>
    public required string Name { get; init; }

    /// <summary>For people: "Raspberry Pi 5 8 GB".</summary>
    public required string Description { get; init; }

    /// <summary>Memory left for a model beside the system's own.</summary>
    public required long MemoryBytes { get; init; }

    public required int Cores { get; init; }

    /// <summary>Arithmetic rate that prefill reaches, in FLOP/s.</summary>
    public required double FlopsPerSecond { get; init; }

    /// <summary>Weight bytes that a decode step reads in a second.</summary>
    public required double BytesPerSecond { get; init; }

    /// <summary>Who measured what, and how it was scaled where there is no measurement of this device.</summary>
    public required string Source { get; init; }
}
