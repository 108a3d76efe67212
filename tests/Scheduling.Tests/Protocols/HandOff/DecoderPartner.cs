using System.Collections.Immutable;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Protocols.HandOff;
using E2LLM.Scheduling.Tests.Batching;

namespace E2LLM.Scheduling.Tests.Protocols.HandOff;

/// <summary>The decoder of a hand-off as the least that it can be: slots that come and go, a cache that is taken in or not, an answer.</summary>
internal sealed class DecoderPartner(GenerationRequest request, Random random, double failChance, double slotLossChance)
{
    private const int MaxLosses = 4;

    private List<int>? _known;
    private long _lastStep;
    private long? _takenInFrom;
    private int _losses;

    public Queue<HandOffEvent> Said { get; } = new();

    /// <summary>The step of the slot that waits for a cache.</summary>
    public long? Slot { get; private set; }

    /// <summary>Whether the slot's data port has all of the cache.</summary>
    public bool HasReceived { get; set; }

    public bool HasTakenIn { get; private set; }

    public bool WasToldToRead { get; private set; }

    public bool HasEnded { get; private set; }

    public bool HasFailed { get; private set; }

    private int Answered => _known!.Count - request.PromptTokens.Length;

    public void Act()
    {
        if (HasEnded)
            return;
        if (random.NextDouble() < failChance)
            Fail();
        else if (_known is not null)
            Write();
        else if (Slot is null)
        {
            Slot = _lastStep += random.Next(1, 4);
            Said.Enqueue(new HandOffEvent.SlotReady(_lastStep));
        }
        else if (random.NextDouble() < slotLossChance)
        {
            // The step that opens the slot is lost; another one follows.
            LoseSlot();
        }
    }

    /// <summary>False where it does not go on from the cache.</summary>
    public bool Arrived(long step, int firstToken)
    {
        if (_takenInFrom == step)
            return true;
        if (HasEnded || Slot != step || !HasReceived)
            return false;
        HasReceived = false;
        if (random.NextDouble() < failChance)
            return false;
        (Slot, _takenInFrom) = (null, step);
        HasTakenIn = true;
        GoOn([firstToken]);
        return true;
    }

    public void Lost(long step, bool readHere, ImmutableArray<int> answer)
    {
        if (HasEnded || Slot != step)
            return;
        LoseSlot();
        if (++_losses >= MaxLosses)
            Fail();
        else if (readHere)
        {
            WasToldToRead = true;
            GoOn(answer);
        }
    }

    public void Drop() => HasEnded = true;

    private void LoseSlot()
    {
        Slot = null;
        HasReceived = false;
    }

    private void GoOn(ImmutableArray<int> answer)
    {
        _known = [.. request.PromptTokens, .. request.Answer, .. answer];
        if (Answered >= request.MaxTokens)
            End(new TokenChunk { FirstIndex = Answered, Finish = FinishReason.Length });
    }

    private void Write()
    {
        var (index, token) = (Answered, ReferenceModel.NextToken(_known!));
        if (request.StopTokens.Contains(token))
        {
            End(new TokenChunk { FirstIndex = index, Finish = FinishReason.Stop });
            return;
        }
        _known!.Add(token);
        var chunk = new TokenChunk { FirstIndex = index, Tokens = [token] };
        if (Answered >= request.MaxTokens)
            End(chunk with { Finish = FinishReason.Length });
        else
            Said.Enqueue(new HandOffEvent.FromDecoder(chunk));
    }

    private void Fail()
    {
        HasFailed = true;
        End(new TokenChunk { FirstIndex = 0, Finish = FinishReason.Failed, Failure = TestRequests.Failure });
    }

    private void End(TokenChunk last)
    {
        HasEnded = true;
        Said.Enqueue(new HandOffEvent.FromDecoder(last));
    }
}
