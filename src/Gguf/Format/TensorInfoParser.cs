using System.Collections.Immutable;

namespace E2LLM.Gguf.Format;

/// <summary>
/// Parses the tensor table. The data must be dense and in the order of the table, as llama.cpp demands: each tensor starts at
/// the first aligned byte after the one before it, which rules out overlaps, holes and bytes shared by two tensors.
/// </summary>
internal sealed class TensorInfoParser(HeaderReader reader, long fileBytes, int alignmentBytes)
{
    private readonly List<GgufTensor> _tensors = [];
    private readonly HashSet<string> _names = [];

    public ImmutableArray<GgufTensor> Parse(long count)
    {
        for (var i = 0L; i < count; i++)
            _tensors.Add(ReadInfo());
        var dataStart = GgufFormat.Align(reader.Position, alignmentBytes);
        var expected = 0L;
        var tensors = ImmutableArray.CreateBuilder<GgufTensor>(_tensors.Count);
        foreach (var tensor in _tensors)
        {
            CheckPlace(tensor, expected, dataStart);
            tensors.Add(tensor with { OffsetBytes = dataStart + expected });
            expected = GgufFormat.Align(expected + tensor.LengthBytes, alignmentBytes);
        }
        return tensors.MoveToImmutable();
    }

    // OffsetBytes is relative to the data section until Parse knows where that starts.
    private GgufTensor ReadInfo()
    {
        var infoOffset = reader.Position;
        var name = reader.ReadName(GgufFormat.MaxTensorNameBytes, "a tensor name");
        if (!_names.Add(name))
            throw reader.Fault(infoOffset, $"the tensor '{name}' occurs twice");
        var shape = ReadShape(name, out var elements);
        var typeOffset = reader.Position;
        var type = (GgmlType)reader.ReadUInt32($"the type of tensor '{name}'");
        if (!GgmlTypeTraits.TryGet(type, out var traits))
            throw reader.Fault(typeOffset, $"the tensor '{name}' has the unknown type {(uint)type}");
        if (shape[0] % traits.BlockElements != 0)
            throw reader.Fault(infoOffset,
                $"the tensor '{name}' has rows of {shape[0]} elements, not a multiple of the {traits.BlockElements} of a {type} block");
        var offset = reader.ReadUInt64($"the offset of tensor '{name}'");
        if (offset > (ulong)fileBytes)
            throw reader.Fault(infoOffset, $"the tensor '{name}' is said to start at {offset} of the data, beyond the {fileBytes} bytes of the file");
        // Elements are below 2^62 and a block never takes more than 8 bytes an element, so 128 bits cannot overflow.
        var lengthBytes = (UInt128)(ulong)(elements / traits.BlockElements) * (ulong)traits.BlockBytes;
        if (lengthBytes > (ulong)fileBytes)
            throw reader.Fault(infoOffset, $"the tensor '{name}' of {lengthBytes} bytes does not fit into the file's {fileBytes}");
        return new GgufTensor(name, type, shape, (long)offset, (long)lengthBytes, infoOffset);
    }

    private ImmutableArray<long> ReadShape(string name, out long elements)
    {
        var offset = reader.Position;
        var dimensions = reader.ReadUInt32($"the dimension count of tensor '{name}'");
        if (dimensions is 0 or > GgufFormat.MaxDimensions)
            throw reader.Fault(offset, $"the tensor '{name}' has {dimensions} dimensions; 1 to {GgufFormat.MaxDimensions} are possible");
        var shape = ImmutableArray.CreateBuilder<long>((int)dimensions);
        var product = UInt128.One;
        for (var i = 0; i < dimensions; i++)
        {
            offset = reader.Position;
            var extent = reader.ReadUInt64($"a dimension of tensor '{name}'");
            product *= extent;
            if (extent == 0 || extent > long.MaxValue || product > long.MaxValue / 2)
                throw reader.Fault(offset, $"dimension {i} of the tensor '{name}' is {extent}: its elements must number 1 to 2^62");
            shape.Add((long)extent);
        }
        elements = (long)product;
        return shape.MoveToImmutable();
    }

    private void CheckPlace(GgufTensor tensor, long expected, long dataStart)
    {
        var offset = tensor.OffsetBytes;
        if (offset % alignmentBytes != 0)
            throw reader.Fault(tensor.InfoOffsetBytes, $"the tensor '{tensor.Name}' starts at {offset} of the data, which is not aligned to {alignmentBytes}");
        if (offset < expected)
            throw reader.Fault(tensor.InfoOffsetBytes, $"the tensor '{tensor.Name}' starts at {offset} of the data and overlaps the tensor before it, which ends at {expected}");
        if (offset > expected)
            throw reader.Fault(tensor.InfoOffsetBytes, $"the tensor '{tensor.Name}' starts at {offset} of the data, but the tensor before it ends at {expected}");
        if (dataStart + offset + tensor.LengthBytes > fileBytes)
            throw reader.Fault(tensor.InfoOffsetBytes,
                $"the tensor '{tensor.Name}' ends at byte {dataStart + offset + tensor.LengthBytes}, but the file has only {fileBytes}");
    }
}
