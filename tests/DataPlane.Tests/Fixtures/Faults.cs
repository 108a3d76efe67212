namespace E2LLM.DataPlane.Tests.Fixtures;

/// <summary>What goes wrong on one connection; offsets count the bytes of a direction from its start.</summary>
internal sealed record Faults
{
    public static Faults None { get; } = new();

    /// <summary>The connection is reset when so many bytes have gone to the receiver.</summary>
    public long? ResetAt { get; init; }

    /// <summary>From here on bytes to the receiver vanish, and nothing else is noticed.</summary>
    public long? SwallowFrom { get; init; }

    /// <summary>Bits of bytes to the receiver are flipped where it says so.</summary>
    public Predicate<long>? FlipToReceiver { get; init; }

    /// <summary>Bits of bytes to the sender are flipped where it says so.</summary>
    public Predicate<long>? FlipToSender { get; init; }
}
