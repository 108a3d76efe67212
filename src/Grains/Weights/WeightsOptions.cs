using E2LLM.Core.Configuration;

namespace E2LLM.Grains.Weights;

/// <summary>How weights come from other silos, and what of them stays. Section "E2LLM:Weights".</summary>
public sealed class WeightsOptions
{
    public const string Section = "E2LLM:Weights";

    /// <summary>Silos that are asked for pieces at once.</summary>
    [OptionRange(1, 32, Unit = "silos")]
    public int MaxHolders { get; set; } = 4;

    /// <summary>Connections to each of them.</summary>
    [OptionRange(1, 8)]
    public int ConnectionsPerHolder { get; set; } = 2;

    /// <summary>Seconds without a piece after which a load fails; it is tried again later, and goes on with what has come.</summary>
    [OptionRange(1, 86_400)]
    public double PatienceSeconds { get; set; } = 120;

    /// <summary>Seconds that the fog is looked for at start, where this machine has been told of its model before.</summary>
    [OptionRange(0, 86_400)]
    public double AskSeconds { get; set; } = 15;

    /// <summary>Free bytes of the data directory's disk that weights leave to others.</summary>
    [OptionRange(0, 1e15)]
    public long ReserveBytes { get; set; } = 1L << 30;

    /// <summary>Bytes of pieces that are kept for other silos, and for slices yet to be cut; beyond these the longest unused go.</summary>
    [OptionRange(0, 1e15)]
    public long MaxPieceBytes { get; set; } = 64L << 30;

    /// <summary>Days after its last use that a piece is kept.</summary>
    [OptionRange(0.01, 36_500)]
    public double PieceDays { get; set; } = 30;
}
