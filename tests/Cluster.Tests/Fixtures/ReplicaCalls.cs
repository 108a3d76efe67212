using System.Collections.Concurrent;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Replicas;

namespace E2LLM.Cluster.Tests.Fixtures;

/// <summary>Sees the calls to replicas and what they report; replicas can be made silent: they neither answer nor report, and go on working.</summary>
internal sealed class ReplicaCalls : IIncomingGrainCallFilter
{
    private readonly ConcurrentDictionary<string, bool> _silent = [];
    private readonly ConcurrentDictionary<string, int> _starts = [];
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _questions;

    /// <summary>Ends when a silent replica has been asked how it is.</summary>
    public Task SilentOneIsAsked => _asked.Task;

    /// <summary>How often any replica was asked how it is.</summary>
    public int Questions => _questions;

    public int Starts(string key) => _starts.GetValueOrDefault(key);

    public void Silence(string key) => _silent[key] = true;

    public void Release()
    {
        _silent.Clear();
        _released.TrySetResult();
    }

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.Request.GetArgumentCount() == 1 && context.Request.GetArgument(0) is ReplicaReport report
            && _silent.ContainsKey(report.Status.Key))
            return;
        if (context.Grain is IReplicaGrain && context.TargetId.Key.ToString() is { } key)
        {
            if (context.MethodName == nameof(IReplicaGrain.StartAsync))
                _starts.AddOrUpdate(key, 1, (_, count) => count + 1);
            if (context.MethodName == nameof(IReplicaGrain.GetStatusAsync))
            {
                Interlocked.Increment(ref _questions);
                if (_silent.ContainsKey(key))
                {
                    _asked.TrySetResult();
                    await _released.Task;
                }
            }
        }

        await context.Invoke();
    }
}
