using System.Collections.Immutable;

namespace E2LLM.Gguf.Models;

/// <summary>Collects the tensors of a model: the required ones, and those of the optional ones that are there.</summary>
internal sealed class TensorLayout(HyperParameters sizes, Func<string, bool> isPresent)
{
    private readonly ImmutableArray<ExpectedTensor>.Builder _tensors = ImmutableArray.CreateBuilder<ExpectedTensor>();
    private string _prefix = "";

    /// <summary>All tensors of a model.</summary>
    /// <param name="isPresent">Whether an optional tensor is there.</param>
    public static ImmutableArray<ExpectedTensor> Of(ModelArchitecture architecture, HyperParameters sizes, Func<string, bool> isPresent)
    {
        var layout = new TensorLayout(sizes, isPresent);
        layout.Matrix(TensorNames.TokenEmbedding, sizes.EmbeddingLength, sizes.VocabularySize);
        layout.Vector(TensorNames.OutputNorm, sizes.EmbeddingLength);
        if (architecture.OutputRequired || isPresent(TensorNames.Output))
            layout.Matrix(TensorNames.Output, sizes.EmbeddingLength, sizes.VocabularySize);
        architecture.AddShared(layout, sizes);
        for (var layer = 0; layer < sizes.LayerCount; layer++)
        {
            layout._prefix = LayerTensorName.Prefix(layer);
            architecture.AddLayer(layout, sizes);
        }
        return layout._tensors.ToImmutable();
    }

    public bool IsPresent(string name) => isPresent(_prefix + name);

    public void Vector(string name, long elements) => Add(name, TensorRole.Vector, elements);

    public void OptionalVector(string name, long elements)
    {
        if (IsPresent(name))
            Vector(name, elements);
    }

    public void Matrix(string name, long rowElements, long rows) => Add(name, TensorRole.Matrix, rowElements, rows);

    public void Experts(string name, long rowElements, long rows) => Add(name, TensorRole.Experts, rowElements, rows, sizes.ExpertCount);

    /// <summary>One vector for each expert.</summary>
    public void ExpertVectors(string name, long elements) => Add(name, TensorRole.Vector, elements, sizes.ExpertCount);

    private void Add(string name, TensorRole role, params ReadOnlySpan<long> shape) =>
        _tensors.Add(new ExpectedTensor(_prefix + name, role, [.. shape]));
}
