using System.Collections.Concurrent;
using E2LLM.Core.Weights;

namespace E2LLM.DataPlane.Weights;

/// <summary>The models whose pieces this process gives to others, by the roots of their manifests. Thread-safe.</summary>
public sealed class PieceShelf
{
    private readonly ConcurrentDictionary<string, IPieceSource> _sources = new();

    public void Add(IPieceSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        _sources[source.Manifest.Root] = source;
    }

    public void Remove(string root) => _sources.TryRemove(root, out _);

    internal IPieceSource? Find(ReadOnlySpan<byte> root) => _sources.GetValueOrDefault(Convert.ToHexStringLower(root));
}
