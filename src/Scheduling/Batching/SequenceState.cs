using E2LLM.Core.Requests;
using E2LLM.Scheduling.Admission;

namespace E2LLM.Scheduling.Batching;

/// <summary>A request in its slot: how far it has been issued, how far that is confirmed, and what the stages know of it.</summary>
internal sealed class SequenceState(RequestState request, int slot, int cells)
{
    public RequestState Request => request;

    public int Slot => slot;

    /// <summary>KV cells that are reserved for it: positions below may be issued.</summary>
    public int Cells { get; set; } = cells;

    /// <summary>Positions below are read in chunks: the prompt, and what was known of the answer when the slot was taken.</summary>
    public int PrefillEnd { get; private set; } = request.ReadTokens;

    /// <summary>Positions below are in steps that were issued.</summary>
    public int Issued { get; private set; }

    /// <summary>Positions below are in steps that were completed: every stage holds them.</summary>
    public int Confirmed { get; private set; }

    public int StepsInFlight { get; private set; }

    /// <summary>The step that opens the slot for this request; null where the slot is free or will be closed.</summary>
    public long? OpenedInStep { get; private set; }

    public bool IsOpen => OpenedInStep is not null;

    /// <summary>Whether the stages may hold positions from <see cref="Confirmed"/> on, left by lost steps.</summary>
    public bool NeedsTruncate { get; set; }

    /// <summary>The request has ended or left; the slot waits for its steps in flight and then for its close.</summary>
    public bool IsClosing { get; private set; }

    /// <summary>Whether others may share its prompt while it runs and when it has ended.</summary>
    public bool KeepsPrefix { get; set; } = true;

    /// <summary>Its prompt is read as in an empty replica: nothing else ran when it came, and no step of it was lost.</summary>
    public bool IsAlone { get; set; }

    /// <summary>Orders the sequences that wait for their next decode row: the one that was served longest ago comes first.</summary>
    public long LastTurn { get; set; }

    /// <summary>Its KV cache comes from elsewhere and is not here yet.</summary>
    public bool AwaitsKv => !IsClosing && request.Mode == RunMode.DecodeOnly;

    /// <summary>The prompt is read and handed on from here; nothing more is run.</summary>
    public bool IsHeld => !IsClosing && request.Mode == RunMode.PrefillOnly && Confirmed >= PrefillEnd;

    public int PrefillTokens => IsClosing || AwaitsKv ? 0 : Math.Max(0, PrefillEnd - Issued);

    /// <summary>Past its prompt: its next token is wanted soon.</summary>
    public bool IsDecoding => !IsClosing && request.Mode == RunMode.Whole && Issued >= PrefillEnd;

    /// <summary>Its latest token is known and not yet fed.</summary>
    public bool HasToken => IsDecoding && Issued < request.KnownTokens;

    /// <summary>Its latest token can be fed.</summary>
    public bool IsReady => HasToken && Issued < Cells;

    public long PendingTokens => IsClosing ? 0 : request.Mode == RunMode.Whole ? request.Cells - Issued : request.PendingTokens - Issued;

    /// <summary>When its latest decode row was issued, on the caller's clock; null where none was, or it was lost.</summary>
    public double? LastRowSeconds { get; set; }

    public void Open(long stepNumber) => OpenedInStep = stepNumber;

    public void Issue(int rows)
    {
        Issued += rows;
        StepsInFlight++;
    }

    /// <summary>The first positions come from another slot, by the step that reads the next ones.</summary>
    public void Share(int positions) => Issued = positions;

    /// <summary>A step is completed.</summary>
    /// <param name="end">One past its last position.</param>
    public void Confirm(int end)
    {
        Confirmed = end;
        StepsInFlight--;
    }

    /// <summary>Every stage has taken in these positions; those that are known beyond them are read, or the last one decoded.</summary>
    public void TakeIn(int positions)
    {
        Issued = Confirmed = positions;
        PrefillEnd = positions == request.KnownTokens - 1 ? positions : request.KnownTokens;
    }

    /// <summary>Everything that is not confirmed was lost.</summary>
    public void RollBack()
    {
        Issued = Confirmed;
        StepsInFlight = 0;
        LastRowSeconds = null;
    }

    /// <summary>The slot will be closed under it: all that it held is read again.</summary>
    public void LoseSlot()
    {
        OpenedInStep = null;
        LastRowSeconds = null;
        Issued = Confirmed = 0;
        PrefillEnd = request.ReadTokens;
    }

    public void Close() => IsClosing = true;
}
