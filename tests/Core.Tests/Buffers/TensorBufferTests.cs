using E2LLM.Core.Buffers;

namespace E2LLM.Core.Tests.Buffers;

public sealed class TensorBufferTests
{
    private const int MaxValues = TensorBuffer.MaxBytes / sizeof(float);

    [Fact]
    public void Rent_AnyShape_GivesExactlyItsValues()
    {
        using var buffer = TensorBuffer.Rent(3, 5);

        Assert.Equal((3, 5, 60, 15, 60), (buffer.Rows, buffer.Width, buffer.LengthBytes, buffer.Values.Length, buffer.Bytes.Length));
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(5, 0)]
    [InlineData(0, int.MaxValue)]
    public void Rent_NoValues_IsEmpty(int rows, int width)
    {
        using var buffer = TensorBuffer.Rent(rows, width);

        Assert.True(buffer.Values.IsEmpty);
    }

    [Theory]
    [InlineData(-1, 5)]
    [InlineData(5, -1)]
    [InlineData(MaxValues, 2)]
    [InlineData(MaxValues + 1, 1)]
    [InlineData(1 << 30, 1 << 30)]
    [InlineData(int.MaxValue, int.MaxValue)]
    public void Rent_NegativeOrAboveTheLimit_Throws(int rows, int width) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => TensorBuffer.Rent(rows, width));

    [Fact]
    public void Values_AfterDispose_Throws()
    {
        var buffer = TensorBuffer.Rent(1, 1);
        buffer.Dispose();

        Assert.Throws<ObjectDisposedException>(() => buffer.Values.Length);
        Assert.Throws<ObjectDisposedException>(() => buffer.Bytes.Length);
    }

    [Fact]
    public void Dispose_Twice_HandsTheMemoryBackOnce()
    {
        var buffer = TensorBuffer.Rent(100, 100);
        buffer.Dispose();
        buffer.Dispose();
        using var first = TensorBuffer.Rent(100, 100);
        using var second = TensorBuffer.Rent(100, 100);

        first.Values.Fill(1);
        second.Values.Fill(2);

        Assert.Equal(1, first.Values[^1]);
    }
}
