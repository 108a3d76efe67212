using E2LLM.Core.Configuration;

namespace E2LLM.Silo.Retention;

/// <summary>How much of what is written to disk is kept. Section "E2LLM:Retention".</summary>
public sealed class RetentionOptions
{
    public const string Section = "E2LLM:Retention";

    /// <summary>Days after its last write that the record of a request is kept.</summary>
    [OptionRange(0.01, 36_500)]
    public double RequestDays { get; set; } = 30;

    /// <summary>Records of requests that are kept, the youngest.</summary>
    [OptionRange(1, 100_000_000, Unit = "records")]
    public int MaxRequests { get; set; } = 100_000;

    /// <summary>Days after its last use that a slice of the weights is kept: earlier plans leave some.</summary>
    [OptionRange(0.01, 36_500)]
    public double SliceDays { get; set; } = 30;

    /// <summary>Bytes of slices beyond which those of models that this silo does not serve are removed, the longest unused first.</summary>
    [OptionRange(0, 1e15)]
    public long MaxSliceBytes { get; set; } = 64L << 30;
}
