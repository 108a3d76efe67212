using E2LLM.Core.Errors;
using E2LLM.Grains.Requests;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Grains.HandOff;

/// <summary>How far a prompt has been read that is handed on as it is read.</summary>
internal sealed class HeldKv
{
    private readonly AsyncSignal _changed = new();
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
        _changed.Pulse();
    }

    /// <summary>The request has ended here: whoever waits is told.</summary>
    public void End()
    {
        _hasEnded = true;
        _changed.Pulse();
    }

    /// <summary>Waits for more than <paramref name="sent"/> positions.</summary>
    /// <exception cref="KvTransferException">They will not come.</exception>
    public async Task WaitAsync(int sent, int reading, CancellationToken cancellationToken)
    {
        while (true)
        {
            ThrowIfVoid(reading);
            if (Positions > sent)
                return;
            await _changed.WaitAsync().WaitAsync(cancellationToken);
        }
    }

    /// <exception cref="KvTransferException">What was read in that reading is no longer held.</exception>
    public void ThrowIfVoid(int reading)
    {
        if (_hasEnded)
            throw new KvTransferException("The request has ended on the replica that reads its prompt.");
        if (Readings != reading)
            throw new KvTransferException("The prompt is being read again.");
    }
}
