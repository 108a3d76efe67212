using E2LLM.Gguf.Format;
using E2LLM.Gguf.Tests.Fixtures;

namespace E2LLM.Gguf.Tests.Format;

public sealed class GgufWriterTests
{
    [Theory]
    [InlineData(32)]
    [InlineData(4096)]
    public void Write_AllKindsOfValues_AreReadBack(int alignmentBytes)
    {
        using var directory = new TemporaryDirectory();
        var path = directory.File("round-trip.gguf");
        byte[] first = [.. Enumerable.Range(0, 3 * 34).Select(i => (byte)i)];
        byte[] second = [.. Enumerable.Range(0, 5 * 4).Select(i => (byte)(200 - i))];
        using (var stream = File.Create(path))
        {
            var writer = new GgufWriter(stream, alignmentBytes);
            writer.Add("number", 7u);
            writer.Add("real", -1.5f);
            writer.Add("truth", true);
            writer.Add("text", "grün ▁");
            writer.AddArray("words", ["", "a", "äö"]);
            writer.AddArray<int>("integers", GgufValueType.Int32, [-1, 2]);
            writer.AddArray<bool>("truths", GgufValueType.Bool, [true, false, true]);
            writer.AddTensor("first", GgmlType.Q8_0, 32, 3);
            writer.AddTensor("second", GgmlType.F32, 5);
            writer.BeginData();
            writer.Write(first.AsSpan(0, 10));
            writer.Write(first.AsSpan(10));
            writer.Write(second);
            writer.Complete();
        }

        using var file = GgufFile.Open(path);

        Assert.Equal(alignmentBytes, file.AlignmentBytes);
        Assert.Equal(7u, file.Metadata.FindUInt32("number"));
        Assert.Equal(-1.5f, file.Metadata.FindFloat32("real"));
        Assert.True(file.Metadata.FindBool("truth"));
        Assert.Equal("grün ▁", file.Metadata.FindString("text"));
        Assert.Equal([-1L, 2], file.Metadata.FindIntegers("integers", 10)!.Value.ToArray());
        Assert.Equal([1L, 0, 1], file.Metadata.FindIntegers("truths", 10)!.Value.ToArray());
        var words = new List<string>();
        file.Metadata.ForEachString(file.Metadata.Find("words")!, 16, word => words.Add(System.Text.Encoding.UTF8.GetString(word)));
        Assert.Equal(["", "a", "äö"], words);
        Assert.Null(file.Metadata.FindUInt32("absent"));
        Assert.Equal(["first", "second"], file.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([32L, 3], file.Tensors[0].Shape.ToArray());
        Assert.Equal(34, file.Tensors[0].RowBytes);
        Assert.All(file.Tensors, tensor => Assert.Equal(0, tensor.OffsetBytes % alignmentBytes));
        Assert.Equal(first, TensorBytes.Of(file, "first"));
        Assert.Equal(second, TensorBytes.Of(file, "second"));
    }

    [Fact]
    public void Write_SameContentAsIndependentBuilder_GivesTheSameBytes()
    {
        var expected = new RawGguf();
        expected.Set("general.architecture", "llama");
        expected.Set("llama.block_count", 2u);
        expected.SetStrings("tokens", "a", "bc");
        RawModel.AddF32(expected, "x", 3, 2);
        RawModel.AddF32(expected, "yy", 9);
        var bytes = expected.Build();
        var stream = new MemoryStream();
        var writer = new GgufWriter(stream);
        writer.Add("general.architecture", "llama");
        writer.Add("llama.block_count", 2u);
        writer.AddArray("tokens", ["a", "bc"]);
        writer.AddTensor("x", GgmlType.F32, 3, 2);
        writer.AddTensor("yy", GgmlType.F32, 9);
        writer.BeginData();
        writer.Write([.. Enumerable.Range(0, 24).Select(i => (byte)((i * 7 + 1) & 0x7E))]);
        writer.Write([.. Enumerable.Range(0, 36).Select(i => (byte)((i * 7 + 2) & 0x7E))]);
        writer.Complete();

        // The writer pads the last tensor too.
        Assert.Equal(bytes, stream.ToArray()[..bytes.Length]);
        Assert.True(stream.Length - bytes.Length < 32);
    }

    [Fact]
    public void Complete_BytesMissing_Throws()
    {
        var writer = new GgufWriter(new MemoryStream());
        writer.AddTensor("x", GgmlType.F32, 4);
        writer.BeginData();
        writer.Write(new byte[12]);

        Assert.Throws<InvalidOperationException>(writer.Complete);
    }

    [Fact]
    public void Write_MoreThanTheTensorHas_Throws()
    {
        var writer = new GgufWriter(new MemoryStream());
        writer.AddTensor("x", GgmlType.F32, 4);
        writer.BeginData();

        Assert.Throws<ArgumentException>(() => writer.Write(new byte[17]));
    }
}
