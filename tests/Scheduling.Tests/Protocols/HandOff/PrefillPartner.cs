using E2LLM.Core.Requests;
using E2LLM.Scheduling.Protocols.HandOff;
using E2LLM.Scheduling.Tests.Batching;

namespace E2LLM.Scheduling.Tests.Protocols.HandOff;

/// <summary>The prefill side of a hand-off as the least that it can be: a queue, a prompt that takes its time, a cache that is kept.</summary>
internal sealed class PrefillPartner(GenerationRequest request, Random random, double failChance)
{
    private readonly List<int> _known = [.. request.PromptTokens, .. request.Answer];
    private int _stepsToRead = random.Next(1, 5);
    private bool _hasBegun;

    /// <summary>What it has said, in order.</summary>
    public Queue<HandOffEvent> Said { get; } = new();

    public bool HasEnded { get; private set; }

    public bool HasFailed { get; private set; }

    /// <summary>The whole prompt is read: all of the cache can be sent.</summary>
    public bool IsHeld { get; private set; }

    public void Act()
    {
        if (HasEnded)
            return;
        if (random.NextDouble() < failChance)
        {
            HasFailed = true;
            End(new TokenChunk { FirstIndex = 0, Finish = FinishReason.Failed, Failure = TestRequests.Failure });
        }
        else if (!_hasBegun)
        {
            _hasBegun = true;
            Said.Enqueue(new HandOffEvent.PrefillBegan());
        }
        else if (!IsHeld && --_stepsToRead == 0)
        {
            Sample(ReferenceModel.NextToken(_known));
        }
    }

    /// <summary>False where it has nothing to release.</summary>
    public bool Release()
    {
        if (HasEnded)
            return true;
        if (!IsHeld)
            return false;
        End(new TokenChunk { FirstIndex = request.Answer.Length + 1, Timeline = new RequestTimeline { AcceptedAt = default } });
        return true;
    }

    public void Drop() => HasEnded = true;

    private void Sample(int token)
    {
        var index = request.Answer.Length;
        if (request.StopTokens.Contains(token))
            End(new TokenChunk { FirstIndex = index, Finish = FinishReason.Stop });
        else if (index + 1 >= request.MaxTokens)
            End(new TokenChunk { FirstIndex = index, Tokens = [token], Finish = FinishReason.Length });
        else
        {
            IsHeld = true;
            Said.Enqueue(new HandOffEvent.FromPrefill(new TokenChunk { FirstIndex = index, Tokens = [token] }));
        }
    }

    private void End(TokenChunk last)
    {
        HasEnded = true;
        Said.Enqueue(new HandOffEvent.FromPrefill(last));
    }
}
