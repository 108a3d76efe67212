using E2LLM.Core.Errors;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Grains.HandOff;

/// <summary>A slot that waits for a KV cache.</summary>
internal sealed class SlotReservation(KvReservation reservation)
{
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public KvReservation Reservation => reservation;

    /// <summary>Ends when every stage has opened the slot.</summary>
    /// <exception cref="KvTransferException">The reservation became void.</exception>
    public Task Opened => _opened.Task;

    public void Open() => _opened.TrySetResult();

    public void Void()
    {
        _opened.TrySetException(new KvTransferException($"The slot of step {reservation.StepNumber} had to be given up."));
        _ = _opened.Task.Exception; // nobody need have waited
    }
}
