using System.Collections.Concurrent;
using System.IO.Enumeration;
using Microsoft.Extensions.DependencyInjection;

namespace E2LLM.Cluster.Tests.Faults;

/// <summary>
/// Calls that are lost, late or doubled on their way between the grains of a cluster, and between them and its client. The n-th call of
/// a name has the same fate whenever the seed is the same, in whatever order calls of different names come.
/// </summary>
/// <param name="seed">Of all draws.</param>
/// <param name="rules">The first one that knows a call decides about it.</param>
internal sealed class GrainFaults(int seed, params FaultRule[] rules)
{
    /// <summary>Calls that only a rule with their whole name touches: they build what is to be tested, or look at it.</summary>
    private static readonly string[] LeftAlone =
    [
        "IPlanGrain.Apply*", "IPlanGrain.Propose*", "IPlanGrain.Stop*", "IPlanGrain.Get*",
        "IReplicaGrain.Start*", "IReplicaGrain.Stop*", "IStageGrain.Load*", "IStageGrain.Unload*", "IDeviceGrain.*",
    ];

    private readonly ConcurrentDictionary<string, int> _calls = [];
    private readonly ConcurrentDictionary<(string Call, FaultKind Kind), int> _injected = [];
    private readonly ConcurrentDictionary<Task, bool> _underWay = [];
    private volatile bool _isOn;

    public CallNames Names { get; } = new();

    /// <summary>Puts them between a silo, or a client, and everybody else.</summary>
    public void AddTo(IServiceCollection services) =>
        services.AddSingleton<IOutgoingGrainCallFilter>(provider => new FaultFilter(this, provider));

    /// <summary>From here on calls come to harm; until then all of them pass, and are not counted.</summary>
    public void Begin() => _isOn = true;

    /// <summary>From here on all calls pass. Ends when those that were held back have been sent.</summary>
    public async Task EndAsync()
    {
        _isOn = false;
        while (_underWay.Keys.ToArray() is { Length: > 0 } late)
            await Task.WhenAll(late);
    }

    /// <summary>What the next call of this name meets; null where it passes.</summary>
    /// <param name="call">Its name.</param>
    /// <param name="mayComeTwice">Whether it stands a second call; else it comes late where it would come twice.</param>
    public Fault? Next(string call, bool mayComeTwice)
    {
        if (!_isOn || RuleOf(call) is not { } rule)
            return null;
        var number = (ulong)_calls.AddOrUpdate(call, 1, (_, count) => count + 1);
        var stream = Mix((ulong)seed + Hash(call));
        if (rule.Draw(Share(Mix(stream + 2 * number)), Share(Mix(stream + 2 * number + 1))) is not { } fault)
            return null;
        if (fault.Kind == FaultKind.Duplicate && !mayComeTwice)
            fault = fault with { Kind = FaultKind.Delay };
        if (rule.MaxFaults < int.MaxValue && _injected.Where(entry => entry.Key.Call == call).Sum(entry => entry.Value) >= rule.MaxFaults)
            return null;
        _injected.AddOrUpdate((call, fault.Kind), 1, (_, count) => count + 1);
        return fault;
    }

    /// <summary>How many faults of a kind there have been.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="calls">A name, or a pattern of names as in a rule.</param>
    public int Count(FaultKind kind, string calls = "*") =>
        _injected.Where(entry => entry.Key.Kind == kind && Matches(calls, entry.Key.Call)).Sum(entry => entry.Value);

    /// <summary>A test in which nothing went wrong proves nothing.</summary>
    public void AssertInjected(int ofEachKind, string calls = "*")
    {
        foreach (var kind in Enum.GetValues<FaultKind>())
            AssertInjected(kind, ofEachKind, calls);
    }

    /// <summary>As <see cref="AssertInjected(int, string)"/>, of one kind.</summary>
    public void AssertInjected(FaultKind kind, int count, string calls = "*") =>
        Assert.True(Count(kind, calls) >= count, $"only {Count(kind, calls)} of {kind} at {calls}:\n{this}");

    /// <summary>What <see cref="EndAsync"/> waits for.</summary>
    public void Track(Task late)
    {
        _underWay.TryAdd(late, true);
        late.ContinueWith(_ => _underWay.TryRemove(late, out bool _), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    public override string ToString() => string.Join('\n', _injected.OrderBy(entry => entry.Key).Select(
        entry => $"{entry.Key.Call}: {entry.Value} of {_calls[entry.Key.Call]} calls {entry.Key.Kind}"));

    private FaultRule? RuleOf(string call) =>
        rules.FirstOrDefault(rule => rule.Calls == call)
        ?? (LeftAlone.Any(pattern => Matches(pattern, call)) ? null : rules.FirstOrDefault(rule => Matches(rule.Calls, call)));

    private static bool Matches(string pattern, string call) => FileSystemName.MatchesSimpleExpression(pattern, call, ignoreCase: false);

    private static ulong Hash(string text) => text.Aggregate(14695981039346656037, (hash, character) => (hash ^ character) * 1099511628211);

    /// <summary>The mixing step of SplitMix64.</summary>
    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    private static double Share(ulong bits) => (bits >> 11) * (1.0 / (1UL << 53));
}
