using System.Collections.Concurrent;
using E2LLM.Cluster.Tests.Faults;
using E2LLM.Core.HandOff;

namespace E2LLM.Benchmarks.Scale;

/// <summary>Counts the grain calls that leave one silo, or one client, by name, and the bytes of KV caches that stages send.</summary>
internal sealed class CallCounter : IOutgoingGrainCallFilter
{
    /// <summary>Of calls to the grains of a journal in memory: a store, in a real fog.</summary>
    public const string Store = "store";

    private readonly CallNames _names = new();
    private readonly ConcurrentDictionary<string, long> _calls = [];
    private long _kvBytes;

    public long KvBytes => Interlocked.Read(ref _kvBytes);

    public Dictionary<string, long> Calls => new(_calls);

    public async Task Invoke(IOutgoingGrainCallContext call)
    {
        if (_names.Of(call) is { } name)
            _calls.AddOrUpdate(name, 1, (_, count) => count + 1);
        else if (call.Request.GetInterfaceType().Name == "IMemoryStorageGrain")
            _calls.AddOrUpdate(Store, 1, (_, count) => count + 1);
        await call.Invoke();
        if (call.Result is KvSendReport report && call.InterfaceMethod.Name == "ExportKvAsync")
            Interlocked.Add(ref _kvBytes, report.Bytes);
    }
}
