using E2LLM.Grains.Interfaces.Plans;

namespace E2LLM.Gateway.Plans;

/// <summary>What one plan said last. Any number of requests share one call that renews it.</summary>
/// <param name="ask">Asks the plan.</param>
/// <param name="time">Tells how old the answer is.</param>
internal sealed class PlanCopy(Func<Task<PlanStatus>> ask, TimeProvider time)
{
    private readonly Lock _lock = new();
    private (PlanStatus Status, long AskedAt)? _last;
    private Task<PlanStatus>? _asking;

    /// <summary>The copy, where it is no older; null otherwise. One that is old already is renewed in the background.</summary>
    public PlanStatus? Read(TimeSpan maxAge)
    {
        (PlanStatus Status, long AskedAt)? last;
        lock (_lock)
            last = _last;
        if (last is not { } copy)
            return null;
        var age = time.GetElapsedTime(copy.AskedAt);
        if (age > maxAge)
            return null;
        if (age > maxAge / 2)
            _ = RenewAsync();
        return copy.Status;
    }

    /// <summary>What the plan says now; joins a call that is under way.</summary>
    public Task<PlanStatus> RenewAsync()
    {
        lock (_lock)
        {
            if (_asking is { IsCompleted: false })
                return _asking;
            return _asking = AskAsync(time.GetTimestamp());
        }
    }

    private async Task<PlanStatus> AskAsync(long askedAt)
    {
        var status = await ask();
        lock (_lock)
            _last = (status, askedAt);
        return status;
    }
}
