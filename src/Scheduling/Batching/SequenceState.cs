using E2LLM.Scheduling.Admission;

namespace E2LLM.Scheduling.Batching;

/// <summary>A request in its slot: how far it has been issued, how far that is confirmed, and what the stages know of it.</summary>
internal sealed class SequenceState(RequestState request, int slot)
{
    public RequestState Request => request;

    public int Slot => slot;

    /// <summary>Positions below are read in chunks: the prompt, and what was known of the answer when the slot was taken.</summary>
    public int PrefillEnd { get; } = request.KnownTokens;

    /// <summary>Positions below are in steps that were issued.</summary>
    public int Issued { get; private set; }

    /// <summary>Positions below are in steps that were completed: every stage holds them.</summary>
    public int Confirmed { get; private set; }

    public int StepsInFlight { get; private set; }

    /// <summary>Whether a step that was not lost opens the slot for this request. Where it is false, the slot is free or will be closed.</summary>
    public bool IsOpen { get; set; }

    /// <summary>Whether the stages may hold positions from <see cref="Confirmed"/> on, left by lost steps.</summary>
    public bool NeedsTruncate { get; set; }

    /// <summary>The request has ended; the slot waits for its steps in flight and then for its close.</summary>
    public bool IsClosing { get; private set; }

    /// <summary>Orders the sequences that wait for their next decode row: the one that was served longest ago comes first.</summary>
    public long LastTurn { get; set; }

    public int PrefillTokens => IsClosing ? 0 : Math.Max(0, PrefillEnd - Issued);

    /// <summary>Past its prompt: its next token is wanted soon.</summary>
    public bool IsDecoding => !IsClosing && Issued >= PrefillEnd;

    /// <summary>Its latest token is known and not yet fed.</summary>
    public bool IsReady => IsDecoding && Issued < request.KnownTokens;

    public long PendingTokens => IsClosing ? 0 : request.Cells - Issued;

    public void Issue(int rows)
    {
        Issued += rows;
        StepsInFlight++;
    }

    public void Confirm(int rows)
    {
        Confirmed += rows;
        StepsInFlight--;
    }

    /// <summary>Everything that is not confirmed was lost.</summary>
    public void RollBack()
    {
        Issued = Confirmed;
        StepsInFlight = 0;
    }

    public void Close() => IsClosing = true;
}
