namespace E2LLM.DataPlane.Wire;

/// <summary>Why the receiver will not take a transfer any further. Wire values; append only.</summary>
internal enum Refusal : uint
{
    None = 0,

    /// <summary>No such transfer, another token, or the transfer's lease has ended: a stranger is not told which.</summary>
    Unknown = 1,

    /// <summary>A block lies outside of the layers, positions, row sizes or bytes that the receiver expects.</summary>
    OutOfBounds = 2,

    /// <summary>A block holds positions of another block.</summary>
    Overlap = 3,

    /// <summary>Complete came before all blocks were in.</summary>
    Incomplete = 4,

    /// <summary>A block arrived damaged twice.</summary>
    Damaged = 5,

    /// <summary>The receiver has cancelled the transfer.</summary>
    Cancelled = 6,
}
