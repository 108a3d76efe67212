namespace E2LLM.Planning.Presets;

/// <summary>A kind of device with rates that follow from published measurements.</summary>
public sealed record DevicePreset
{
    /// <summary>"raspberry-pi-5".</summary>
    public required string Name { get; init; }

    /// <summary>For people: "Raspberry Pi 5 8 GB".</summary>
    public required string Description { get; init; }

    /// <summary>Memory left for a model beside what the system keeps; on a graphics card, the driver.</summary>
    public required long MemoryBytes { get; init; }

    public required int Cores { get; init; }

    /// <summary>Arithmetic rate that prefill reaches, in FLOP/s.</summary>
    public required double FlopsPerSecond { get; init; }

    /// <summary>Weight bytes that a decode step reads in a second.</summary>
    public required double BytesPerSecond { get; init; }

    /// <summary>Where memory, prefill and decode come from: who measured them, or "guess" and why so much.</summary>
    public required string Source { get; init; }

    /// <summary>Whether prefill or decode is a guess: nobody has published a measurement of this device.</summary>
    public bool HasGuessedRates => Source.Split("; ").Any(part => part.Contains(": guess", StringComparison.Ordinal) && !part.StartsWith("memory", StringComparison.Ordinal));
}
