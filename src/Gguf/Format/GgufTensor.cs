using System.Collections.Immutable;

namespace E2LLM.Gguf.Format;

/// <summary>Where a tensor lies in its file.</summary>
/// <param name="Name">At most 63 bytes of UTF-8.</param>
/// <param name="Type">Storage of the elements.</param>
/// <param name="Shape">1 to 4 extents, the fastest one first: a matrix of n rows of width m is [m, n].</param>
/// <param name="OffsetBytes">From the start of the file that has it.</param>
/// <param name="LengthBytes">Without padding.</param>
/// <param name="InfoOffsetBytes">Where the header describes it; for messages.</param>
public sealed record GgufTensor(
    string Name, GgmlType Type, ImmutableArray<long> Shape, long OffsetBytes, long LengthBytes, long InfoOffsetBytes)
{
    /// <summary>Which file of a split model has it, from 0; 0 where the model is one file.</summary>
    public int Part { get; init; }

    public long ElementCount => Shape.Aggregate(1L, (product, extent) => checked(product * extent));

    /// <summary>Bytes of one row, [Shape[0]] elements.</summary>
    public long RowBytes => GgmlTypeTraits.Of(Type).RowBytes(Shape[0]);

    public string ShapeText => $"[{string.Join(", ", Shape)}]";
}
