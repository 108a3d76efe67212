using System.Runtime.CompilerServices;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Requests;

namespace E2LLM.Gateway.Tests.Fakes;

/// <summary>Runs its model's script.</summary>
public sealed class FakeRequestGrain(FakeFleet fleet) : Grain, IRequestGrain
{
    private readonly CancellationTokenSource _cancelled = new();
    private RequestRecord? _record;

    public async IAsyncEnumerable<TokenChunk> RunAsync(
        GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var model = fleet[request.ModelId];
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _cancelled.Token);
        await using var chunks = model.Script(request, stop.Token).GetAsyncEnumerator(stop.Token);
        _record = new RequestRecord { Request = request, Phase = RequestPhase.Decode, Timeline = Scripts.Timeline };
        model.OnStart(request);
        try
        {
            while (true)
            {
                TokenChunk chunk;
                try
                {
                    if (!await chunks.MoveNextAsync())
                        yield break;
                    chunk = chunks.Current;
                }
                catch (OperationCanceledException) when (_cancelled.IsCancellationRequested)
                {
                    chunk = new TokenChunk { FirstIndex = 0, Finish = FinishReason.Cancelled, Timeline = Scripts.Timeline };
                }

                yield return chunk;
                if (chunk.Finish is not null)
                    yield break;
            }
        }
        finally
        {
            _record = _record with { Phase = RequestPhase.Done };
            model.OnEnd();
        }
    }

    public async Task<RequestTimeline?> EndAsync(int tokens)
    {
        fleet[_record!.Request.ModelId].OnEndedByReader(tokens);
        await CancelAsync();
        return Scripts.Timeline;
    }

    public Task CancelAsync() => _cancelled.CancelAsync();

    public Task InterruptAsync() => CancelAsync();

    public async Task<bool> DeleteAsync()
    {
        if (_record is not { Phase: RequestPhase.Done })
        {
            await CancelAsync();
            return false;
        }

        _record = null;
        return true;
    }

    public Task RecoverAsync() => throw new NotSupportedException();

    public Task<RequestRecord?> GetAsync() => Task.FromResult(_record);
}
