using System.Buffers;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;

namespace E2LLM.Core.Buffers;

/// <summary>
/// Wire form of a <see cref="TensorBuffer"/>: rows, width, little-endian F32 values. Checked before anything is rented. Writing
/// hands the buffer over: it is disposed.
/// </summary>
[RegisterSerializer]
public sealed class TensorBufferCodec : IFieldCodec<TensorBuffer?>
{
    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, TensorBuffer? value)
        where TBufferWriter : IBufferWriter<byte>
    {
        if (ReferenceCodec.TryWriteReferenceField(ref writer, fieldIdDelta, expectedType, value))
            return;
        ArgumentNullException.ThrowIfNull(value);
        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(TensorBuffer), WireType.LengthPrefixed);
        writer.WriteVarUInt32((uint)(2 * sizeof(int) + value.LengthBytes));
        writer.WriteInt32(value.Rows);
        writer.WriteInt32(value.Width);
        writer.Write(value.Bytes);
        // The callee owns it, and the callee has the copy: this is the only moment at which the sender's memory can go back to the
        // pool, for a caller cannot tell a remote call from a local one.
        value.Dispose();
    }

    public TensorBuffer? ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.WireType == WireType.Reference)
            return ReferenceCodec.ReadReference<TensorBuffer?, TInput>(ref reader, field);
        if (field.WireType != WireType.LengthPrefixed)
            throw new InvalidDataException($"A tensor must be length-prefixed, but the field says {field.WireType}.");
        var length = reader.ReadVarUInt32();
        var rows = reader.ReadInt32();
        var width = reader.ReadInt32();
        // The limit on values comes first: the bytes of the largest shape overflow 64 bits.
        if (rows < 0 || width < 0 || (long)rows * width > TensorBuffer.MaxBytes / sizeof(float)
            || length != 2 * sizeof(int) + (long)rows * width * sizeof(float))
            throw new InvalidDataException($"A tensor of {rows} x {width} values cannot have {length} bytes (limit {TensorBuffer.MaxBytes}).");
        var buffer = TensorBuffer.Rent(rows, width);
        reader.ReadBytes(buffer.Bytes);
        ReferenceCodec.RecordObject(reader.Session, buffer);
        return buffer;
    }
}
