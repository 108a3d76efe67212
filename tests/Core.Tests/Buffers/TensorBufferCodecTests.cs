using System.Buffers;
using E2LLM.Core.Buffers;
using E2LLM.Core.Engines;
using E2LLM.Core.Tests.Serialization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;

namespace E2LLM.Core.Tests.Buffers;

public sealed class TensorBufferCodecTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 896)]
    [InlineData(0, 896)]
    [InlineData(257, 4099)]
    public void Send_AnyShape_ArrivesBitForBit(int rows, int width)
    {
        using var sent = TensorBuffer.Rent(rows, width);
        new Random(1).NextBytes(sent.Bytes);
        var bytes = sent.Bytes.ToArray();

        using var received = WireSerializer.Send(sent);

        Assert.NotSame(sent, received);
        Assert.Equal((rows, width), (received.Rows, received.Width));
        Assert.True(received.Bytes.SequenceEqual(bytes));
    }

    [Fact]
    public void Send_HandsTheBufferOver()
    {
        var sent = TensorBuffer.Rent(2, 3);

        using var received = WireSerializer.Send(sent);

        Assert.Throws<ObjectDisposedException>(() => sent.Values.Length);
    }

    [Fact]
    public void Send_LargestShape_Arrives()
    {
        using var sent = TensorBuffer.Rent(1024, TensorBuffer.MaxBytes / sizeof(float) / 1024);
        sent.Values.Clear();
        sent.Values[^1] = 42;

        using var received = WireSerializer.Send(sent);

        Assert.Equal(42, received.Values[^1]);
    }

    [Fact]
    public void Send_WithinAStep_ArrivesInIt()
    {
        using var hidden = TensorBuffer.Rent(1, 2);
        hidden.Values.Fill(1.5f);
        var step = new StageStep { StepNumber = 7, Rows = [new StepRow(0, 3, 1, true)], Hidden = hidden };

        var received = WireSerializer.Send(step);

        using var arrived = received.Hidden;
        Assert.Equal([1.5f, 1.5f], arrived!.Values.ToArray());
        Assert.Equal(step.Rows.AsEnumerable(), received.Rows);
    }

    [Fact]
    public void Send_NoTensor_StaysNull() => Assert.Null(WireSerializer.Send(new StageStep { StepNumber = 0 }).Hidden);

    [Fact]
    public void Copy_LocalCall_SharesTheObject()
    {
        using var buffer = TensorBuffer.Rent(1, 1);

        Assert.Same(buffer, WireSerializer.Copy(buffer));
    }

    [Theory]
    [InlineData(8 + 4, -1, -1)]
    [InlineData(8 + 4, 1, 2)]
    [InlineData(8 + 16, 1, 2)]
    [InlineData(0, 0, 0)]
    [InlineData(uint.MaxValue, 1, 1)]
    [InlineData(8, 1 << 16, 1 << 16)]
    [InlineData(8, int.MaxValue, int.MaxValue)]
    [InlineData(8 + TensorBuffer.MaxBytes + 4u, (TensorBuffer.MaxBytes / 4) + 1, 1)]
    public void Read_LengthThatDoesNotFitTheShapeOrTheLimit_IsRefused(uint lengthBytes, int rows, int width) =>
        Assert.Throws<InvalidDataException>(() => Read(Frame(WireType.LengthPrefixed, lengthBytes, rows, width)));

    [Theory]
    [InlineData(WireType.VarInt)]
    [InlineData(WireType.TagDelimited)]
    [InlineData(WireType.Fixed32)]
    public void Read_AnotherWireType_IsRefused(WireType wireType) =>
        Assert.Throws<InvalidDataException>(() => Read(Frame(wireType, 12, 1, 1)));

    [Fact]
    public void Read_FewerBytesThanAnnounced_IsRefused() =>
        Assert.ThrowsAny<Exception>(() => Read(Frame(WireType.LengthPrefixed, 8 + 4000, 10, 100)));

    [Fact]
    public void Read_CutAnywhere_NeverGivesATensor()
    {
        using var sent = TensorBuffer.Rent(2, 3);
        sent.Values.Clear();
        var bytes = WireSerializer.Write(sent);

        for (var length = 0; length < bytes.Length; length++)
            Assert.ThrowsAny<Exception>(() => WireSerializer.Read<TensorBuffer>(bytes[..length]) ?? throw new InvalidDataException("nothing"));
    }

    private static byte[] Frame(WireType wireType, uint lengthBytes, int rows, int width)
    {
        using var session = WireSerializer.Sessions.GetSession();
        var output = new ArrayBufferWriter<byte>();
        var writer = Writer.Create(output, session);
        writer.WriteFieldHeader(0, typeof(TensorBuffer), typeof(TensorBuffer), wireType);
        writer.WriteVarUInt32(lengthBytes);
        writer.WriteInt32(rows);
        writer.WriteInt32(width);
        writer.WriteInt32(0);
        writer.Commit();
        return output.WrittenSpan.ToArray();
    }

    private static TensorBuffer? Read(byte[] frame)
    {
        using var session = WireSerializer.Sessions.GetSession();
        var reader = Reader.Create(frame, session);
        return new TensorBufferCodec().ReadValue(ref reader, reader.ReadFieldHeader());
    }
}
