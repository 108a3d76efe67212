using E2LLM.Core.Errors;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Protocols.HandOff;

/// <summary>The cache of a prompt that is handed on as it is read, on the side that reads it: how much of it there is.</summary>
public sealed class HeldCache
{
    private bool _hasEnded;

    public int Sequence { get; private set; }

    /// <summary>Every stage holds the positions below.</summary>
    public int Positions { get; private set; }

    /// <summary>Whether that is the whole prompt.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Counts how often the prompt had to be read again: what was sent before is void.</summary>
    public int Readings { get; private set; }

    public void Advance(PrefillProgress progress)
    {
        if (progress.FromPosition < Positions)
            Readings++;
        (Sequence, Positions, IsWhole) = (progress.Sequence, progress.ToPosition, progress.IsHeld);
    }

    /// <summary>The request has ended here.</summary>
    public void End() => _hasEnded = true;

    /// <exception cref="KvTransferException">What was read in that reading is no longer held.</exception>
    public void ThrowIfVoid(int reading)
    {
        if (_hasEnded)
            throw new KvTransferException("The request has ended on the replica that reads its prompt.");
        if (Readings != reading)
            throw new KvTransferException("The prompt is being read again.");
    }
}
