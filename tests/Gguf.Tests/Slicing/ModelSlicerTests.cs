using E2LLM.Core.Errors;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.Models;
using E2LLM.Gguf.Slicing;
using E2LLM.Gguf.Tests.Fixtures;

namespace E2LLM.Gguf.Tests.Slicing;

public sealed class ModelSlicerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string, int, int> Cuts
    {
        get
        {
            var cuts = new TheoryData<string, int, int>();
            foreach (var shape in RandomModelFile.TinyShapes)
            {
                foreach (var (first, count) in new[] { (0, 3), (3, 1), (4, 4), (0, 8) })
                    cuts.Add(shape, first, count);
            }
            return cuts;
        }
    }

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Cuts))]
    public void Write_AnyCut_HoldsItsLayersByteForByte(string shape, int first, int count)
    {
        using var model = RandomModelFile.Create(_directory, shape);
        using var slice = Slice(model, first, count);
        var isLast = first + count == 8;

        foreach (var tensor in model.File.Tensors.Where(tensor => tensor.Name.StartsWith("blk.", StringComparison.Ordinal)))
        {
            var layer = int.Parse(tensor.Name.Split('.')[1]);
            if (layer < first || layer >= first + count)
                continue;
            var name = $"blk.{layer - first}.{string.Join('.', tensor.Name.Split('.')[2..])}";
            var copy = slice.FindTensor(name);
            Assert.NotNull(copy);
            Assert.Equal((tensor.Type, tensor.ShapeText), (copy.Type, copy.ShapeText));
            Assert.Equal(TensorBytes.Of(model.File, tensor.Name), TensorBytes.Of(slice, name));
        }
        var perLayer = model.File.Tensors.Count(tensor => tensor.Name.StartsWith("blk.0.", StringComparison.Ordinal));
        Assert.Equal(perLayer * count, slice.Tensors.Count(tensor => tensor.Name.StartsWith("blk.", StringComparison.Ordinal)));
        Assert.Equal(TensorBytes.Of(model.File, "output_norm.weight"), TensorBytes.Of(slice, "output_norm.weight"));
        Assert.Equal(model.File.FindTensor("rope_freqs.weight") is null, slice.FindTensor("rope_freqs.weight") is null);
        Assert.Equal((uint)count, slice.Metadata.FindUInt32($"{model.ArchitectureName}.block_count"));
        Assert.Equal(isLast ? 2048u : 1u, slice.Metadata.FindUInt32($"{model.ArchitectureName}.vocab_size"));
        Assert.Equal(isLast ? 2048 : 1, slice.FindTensor("token_embd.weight")!.Shape[1]);
    }

    [Fact]
    public void Write_AnyCut_SaysWhatItIs()
    {
        using var model = RandomModelFile.Create(_directory, "tiny-llama");
        using var slice = Slice(model, 2, 5);

        var facts = SliceFacts.Read(slice);

        Assert.Equal(new SliceFacts(2, 7, 8, "ab12"), facts);
        Assert.False(facts.IsFirst);
        Assert.False(facts.IsLast);
        Assert.Equal("no_vocab", slice.Metadata.FindString("tokenizer.ggml.model"));
        Assert.DoesNotContain(slice.Metadata.Entries, entry => entry.Key.StartsWith("tokenizer.", StringComparison.Ordinal) && entry.Key != "tokenizer.ggml.model");
        Assert.Equal(model.File.Metadata.FindFloat32("llama.rope.freq_base"), slice.Metadata.FindFloat32("llama.rope.freq_base"));
    }

    [Fact]
    public void Write_SliceWithoutHead_HasOneRowOfZerosForEmbedding()
    {
        using var model = RandomModelFile.Create(_directory, "tiny-llama");
        using var slice = Slice(model, 0, 4);

        Assert.Equal(GgmlType.F32, slice.FindTensor("token_embd.weight")!.Type);
        Assert.Equal(new byte[256 * 4], TensorBytes.Of(slice, "token_embd.weight"));
        Assert.Null(slice.FindTensor("output.weight"));
    }

    [Theory]
    [InlineData("tiny-llama", "output.weight")]
    [InlineData("tiny-llama-tied", "token_embd.weight")]
    public void Write_SliceWithHead_HasTheHeadAsEmbeddingAndNothingElse(string shape, string head)
    {
        using var model = RandomModelFile.Create(_directory, shape);
        using var slice = Slice(model, 5, 3);

        Assert.Equal(TensorBytes.Of(model.File, head), TensorBytes.Of(slice, "token_embd.weight"));
        Assert.Null(slice.FindTensor("output.weight"));
    }

    [Fact]
    public void Write_GptOss_HasOutputInEverySlice()
    {
        using var model = RandomModelFile.Create(_directory, "tiny-gpt-oss");
        using var middle = Slice(model, 1, 3);
        using var last = Slice(model, 5, 3);

        Assert.Equal([256L, 1], middle.FindTensor("output.weight")!.Shape.ToArray());
        Assert.Equal(TensorBytes.Of(model.File, "output.weight"), TensorBytes.Of(last, "output.weight"));
        Assert.Equal([256L, 2048], last.FindTensor("token_embd.weight")!.Shape.ToArray());
        Assert.All(TensorBytes.Of(last, "token_embd.weight"), value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData("tiny-gemma3", 4, new long[] { 1, 0, 1, 1 })]
    [InlineData("tiny-gpt-oss", 3, new long[] { 0, 1, 0, 1 })]
    public void Write_SlidingWindowWithoutAPeriod_ListsTheLayersOwnKind(string shape, int first, long[] isLocal)
    {
        using var model = RandomModelFile.Create(_directory, shape);
        using var slice = Slice(model, first, 4);

        Assert.Equal(isLocal, slice.Metadata.FindIntegers(SliceKeys.Windowed, 8)!.Value.ToArray());
        Assert.Equal(isLocal, slice.Metadata.FindIntegers($"{model.ArchitectureName}.attention.sliding_window_pattern", 8)!.Value.ToArray());
    }

    [Theory]
    [InlineData("tiny-gemma3", 0, 8, 6u)]
    [InlineData("tiny-gemma3", 6, 2, 0u)]
    [InlineData("tiny-gpt-oss", 2, 4, 2u)]
    public void Write_SlidingWindowWithAPeriod_SaysItAsEveryLlamaReadsIt(string shape, int first, int count, uint period)
    {
        using var model = RandomModelFile.Create(_directory, shape);
        using var slice = Slice(model, first, count);

        Assert.Equal(period, slice.Metadata.FindUInt32($"{model.ArchitectureName}.attention.sliding_window_pattern"));
        Assert.Equal(count, slice.Metadata.FindIntegers(SliceKeys.Windowed, 8)!.Value.Length);
    }

    [Fact]
    public void Write_GemmaSliceOfGlobalLayers_HasNoSlidingWindow()
    {
        using var model = RandomModelFile.Create(_directory, "tiny-gemma3");
        using var slice = Slice(model, 5, 1);

        Assert.Equal(0u, slice.Metadata.FindUInt32("gemma3.attention.sliding_window"));
        Assert.Equal(1u, slice.Metadata.FindUInt32("gemma3.attention.sliding_window_pattern"));
        Assert.Equal([0L], slice.Metadata.FindIntegers(SliceKeys.Windowed, 8)!.Value.ToArray());
    }

    [Fact]
    public void Write_GptOssSliceOfGlobalLayers_HasAWindowBeyondAnyContext()
    {
        using var model = RandomModelFile.Create(_directory, "tiny-gpt-oss");
        using var slice = Slice(model, 5, 1);

        Assert.Equal(1u << 22, slice.Metadata.FindUInt32("gpt-oss.attention.sliding_window"));
        Assert.Equal(0u, slice.Metadata.FindUInt32("gpt-oss.attention.sliding_window_pattern"));
        Assert.Equal([1L], slice.Metadata.FindIntegers(SliceKeys.Windowed, 8)!.Value.ToArray());
        Assert.Null(slice.Metadata.FindFloat32("gpt-oss.rope.freq_base_swa"));
    }

    [Fact]
    public void Write_ArrayForEachLayer_TakesItsPart()
    {
        using var model = Open(file =>
        {
            file.SetArray("llama.attention.head_count_kv", 5, 2, 1, 0, 0, 0, 1, 0, 0, 0);
            // As many elements as layers, and nothing to do with them.
            file.SetStrings("general.tags", "a", "b");
        });
        using var slice = Slice(model, 1, 1);

        Assert.Equal([1L], slice.Metadata.FindIntegers("llama.attention.head_count_kv", 8)!.Value.ToArray());
        Assert.Equal(2, slice.Metadata.Find("general.tags")!.Count);
    }

    [Fact]
    public void Write_SlicesOfDemoModel_AddUpToTheModel()
    {
        using var model = ModelFile.Open(DemoModel.Path);
        var spec = ModelSpecReader.Read(model);
        var layers = 0L;
        foreach (var (first, count) in new[] { (0, 3), (3, 4), (7, 1) })
        {
            using var slice = Slice(model, first, count);
            layers += slice.Tensors.Where(tensor => tensor.Name.StartsWith("blk.", StringComparison.Ordinal)).Sum(tensor => tensor.LengthBytes);
        }

        Assert.Equal(spec.LayerBytes.Sum(), layers);
    }

    [Theory]
    [InlineData(-1, 2)]
    [InlineData(0, 0)]
    [InlineData(0, 9)]
    [InlineData(8, 1)]
    [InlineData(7, int.MaxValue)]
    public void Write_LayersThatAreNotThere_Throws(int first, int count)
    {
        using var model = RandomModelFile.Create(_directory, "tiny-llama");

        Assert.Throws<ArgumentOutOfRangeException>(() => ModelSlicer.Write(model, first, count, "", Stream.Null));
    }

    [Fact]
    public void Write_Cancelled_Stops()
    {
        using var model = RandomModelFile.Create(_directory, "tiny-llama");

        Assert.Throws<OperationCanceledException>(() => ModelSlicer.Write(model, 0, 8, "", Stream.Null, new CancellationToken(true)));
    }

    [Fact]
    public void Open_GemmaOf62Layers_IsRefused()
    {
        var file = RawModel.Llama();
        file.Set("general.architecture", "gemma3");
        file.Set("gemma3.block_count", 62u);
        var path = _directory.Write("gemma-27b.gguf", file.Build());

        Assert.Contains("62 layers", Assert.Throws<ModelFileException>(() => ModelFile.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_FileThatIsNoSlice_IsRefused()
    {
        using var model = ModelFile.Open(DemoModel.Path);

        Assert.Contains("e2llm.slice.first", Assert.Throws<ModelFileException>(() => SliceFacts.Read(model.File)).Message, StringComparison.Ordinal);
    }

    private ModelFile Open(Action<RawGguf> change)
    {
        var file = RawModel.Llama();
        change(file);
        return ModelFile.Open(_directory.Write("model.gguf", file.Build()));
    }

    private GgufFile Slice(ModelFile model, int first, int count)
    {
        var path = _directory.File($"slice-{first}-{count}.gguf");
        using (var stream = File.Create(path))
            ModelSlicer.Write(model, first, count, "ab12", stream);
        return GgufFile.Open(path);
    }
}
