namespace E2LLM.Scheduling.Tests.Protocols;

/// <summary>
/// Calls under way, in no order. A lost one is a call that its caller hears to have failed: before it is carried out, after, or although it
/// never is.
/// </summary>
internal sealed class LossyNetwork(Random random, double lossChance, double doubleChance)
{
    private readonly List<Action> _underWay = [];

    public bool IsEmpty => _underWay.Count == 0;

    public long LostCalls { get; private set; }

    /// <summary>Arrives once, some time.</summary>
    public void Post(Action action) => _underWay.Add(action);

    /// <param name="execute">At the one who is called; false where it fails there.</param>
    /// <param name="outcome">At the caller: whether it has succeeded, as far as is known.</param>
    public void Call(Func<bool> execute, Action<bool> outcome)
    {
        if (random.NextDouble() < lossChance)
        {
            LostCalls++;
            Post(() => outcome(false));
            if (random.Next(2) == 0)
                Post(() => execute());
            return;
        }
        Post(() =>
        {
            var succeeded = execute();
            Post(() => outcome(succeeded));
        });
        if (random.NextDouble() < doubleChance)
            Post(() => execute());
    }

    /// <summary>Lets one of the calls arrive.</summary>
    public void Deliver()
    {
        if (IsEmpty)
            return;
        var next = random.Next(_underWay.Count);
        var action = _underWay[next];
        _underWay.RemoveAt(next);
        action();
    }
}
