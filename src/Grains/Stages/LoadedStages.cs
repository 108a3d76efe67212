using System.Collections.Concurrent;

namespace E2LLM.Grains.Stages;

/// <summary>Keys of the stages of this silo that hold an engine, or are about to: what a sweep looks through.</summary>
public sealed class LoadedStages
{
    private readonly ConcurrentDictionary<string, bool> _keys = [];

    public IEnumerable<string> Keys => _keys.Keys;

    internal void Add(string key) => _keys[key] = true;

    internal void Remove(string key) => _keys.TryRemove(key, out _);
}
