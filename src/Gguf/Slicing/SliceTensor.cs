using System.Collections.Immutable;
using E2LLM.Gguf.Format;

namespace E2LLM.Gguf.Slicing;

/// <summary>A tensor of a slice: bytes of one of the model's tensors, or zeros where <paramref name="Source"/> is null.</summary>
internal sealed record SliceTensor(string Name, GgmlType Type, ImmutableArray<long> Shape, GgufTensor? Source)
{
    public static SliceTensor Copy(GgufTensor source, string name) => new(name, source.Type, source.Shape, source);

    public static SliceTensor Zeros(string name, GgmlType type, long rowElements, long rows) => new(name, type, [rowElements, rows], null);

    public long LengthBytes => Shape.Skip(1).Aggregate(GgmlTypeTraits.Of(Type).RowBytes(Shape[0]), (bytes, extent) => checked(bytes * extent));
}
