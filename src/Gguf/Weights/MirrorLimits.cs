namespace E2LLM.Gguf.Weights;

/// <summary>How much of a disk the pieces of a model may take.</summary>
public sealed record MirrorLimits
{
    /// <summary>Free bytes that are left to others.</summary>
    public long ReserveBytes { get; init; } = 1L << 30;

    /// <summary>Bytes of pieces that are kept beyond their use, the latest used.</summary>
    public long MaxBytes { get; init; } = 64L << 30;

    /// <summary>After which an unused piece goes.</summary>
    public TimeSpan MaxIdle { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Free bytes where a folder lies.</summary>
    public Func<string, long> FreeBytes { get; init; } = folder => new DriveInfo(folder).AvailableFreeSpace;
}
