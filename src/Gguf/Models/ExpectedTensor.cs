using System.Collections.Immutable;

namespace E2LLM.Gguf.Models;

/// <summary>A tensor that a model of some architecture and size has.</summary>
/// <param name="Shape">The fastest extent first.</param>
public sealed record ExpectedTensor(string Name, TensorRole Role, ImmutableArray<long> Shape)
{
    public string ShapeText => $"[{string.Join(", ", Shape)}]";
}
