using System.Collections.Concurrent;
using E2LLM.Core.Models;

namespace E2LLM.Gateway.Tests.Fakes;

/// <summary>What the fake grains do: models by name, each with its own script, so that tests do not meet.</summary>
public sealed class FakeFleet : IModelCatalog, ITokenizerProvider
{
    private readonly ConcurrentDictionary<string, FakeModel> _models = new();
    private int _count;

    public IReadOnlyList<ModelSpec> Models =>
        [.. _models.Values.Select(model => model.Spec).OrderBy(spec => spec.Id, StringComparer.Ordinal)];

    public FakeModel this[string modelId] => _models[modelId];

    public FakeModel Add(Script script, int contextTokens = 1000, string? id = null)
    {
        var model = new FakeModel(id ?? $"model-{Interlocked.Increment(ref _count)}", script, contextTokens);
        _models[model.Id] = model;
        return model;
    }

    public ModelSpec? Find(string modelId) => _models.GetValueOrDefault(modelId)?.Spec;

    public async ValueTask<ITokenizer> GetAsync(string modelId, CancellationToken cancellationToken)
    {
        await _models[modelId].LoadTokenizerAsync();
        return new ByteTokenizer();
    }
}
