using E2LLM.Core.Models;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.Models;
using E2LLM.Gguf.RandomModels;
using E2LLM.Gguf.Tests.Fixtures;

namespace E2LLM.Gguf.Tests.Models;

public sealed class ModelSpecReaderTests
{
    [Fact]
    public void Read_DemoModel_GivesTheFactsOfItsCard()
    {
        using var model = ModelFile.Open(DemoModel.Path);

        var spec = ModelSpecReader.Read(model, "ab");

        Assert.Equal("e2llm-demo-q8_0", spec.Id);
        Assert.Equal("llama", spec.Architecture);
        Assert.Equal(8, spec.LayerCount);
        Assert.Equal(192, spec.EmbeddingLength);
        Assert.Equal(2048, spec.VocabularySize);
        Assert.Equal(384, spec.ContextLengthTokens);
        Assert.Equal("ab", spec.Sha256);
        // Card: 3.1 KB of F16 KV per token; 3 KV heads of 32, keys and values, 2 bytes each.
        Assert.All(spec.LayerKvBytesPerToken, bytes => Assert.Equal(3 * 32 * 2 * 2, bytes));
        // Q8_0: 34 bytes for 32 elements. q, o: 192 x 192; k, v: 96 x 192; three of 512 x 192; two norms of 192 in F32.
        var elements = 2 * 192 * 192 + 2 * 96 * 192 + 3 * 512 * 192;
        Assert.All(spec.LayerBytes, bytes => Assert.Equal(elements / 32 * 34 + 2 * 192 * 4, bytes));
        Assert.All(spec.LayerFlopsPerToken, flops => Assert.Equal(2.0 * elements, flops));
        Assert.Equal(2048 * 192 / 32 * 34, spec.EmbeddingBytes);
        Assert.Equal(spec.EmbeddingBytes + 192 * 4, spec.HeadBytes);
        Assert.Equal(0, spec.SharedBytes);
        Assert.Equal(1, model.Embedding.Scale);
        Assert.Equal(GgmlType.Q8_0, model.Embedding.Type);
        Assert.Equal(192 / 32 * 34, model.Embedding.RowBytes);
        Assert.Equal(model.Embedding.Tensor.OffsetBytes + 7 * 204, model.Embedding.RowOffsetBytes(7));
    }

    [Fact]
    public void Read_ModelWithExperts_CountsTheUsedOnesOnly()
    {
        using var directory = new TemporaryDirectory();
        using var model = RandomModelFile.Create(directory, "tiny-qwen3moe", GgmlType.F32);

        var spec = ModelSpecReader.Read(model);

        var attention = 256 * 256 * 2 + 256 * 128 * 2;
        var experts = 3 * 256 * 128 * 2;
        Assert.Equal(2.0 * (attention + 256 * 4 + experts), spec.LayerFlopsPerToken[0]);
        Assert.True(spec.LayerBytes[0] > 4 * (attention + 2 * experts));
    }

    [Fact]
    public void Read_Gemma3_SaysThatEmbeddingsAreScaled()
    {
        using var directory = new TemporaryDirectory();
        using var model = RandomModelFile.Create(directory, "tiny-gemma3");

        Assert.Equal(16, model.Embedding.Scale);
    }

    [Theory]
    [MemberData(nameof(RandomModelFile.TinyShapes), MemberType = typeof(RandomModelFile))]
    public void ToSpec_ShapeWithoutFile_AgreesWithTheFile(string shape)
    {
        using var directory = new TemporaryDirectory();
        using var model = RandomModelFile.Create(directory, shape, GgmlType.Q8_0);

        var fromFile = ModelSpecReader.Read(model);
        var fromShape = ModelShapes.Get(shape).ToSpec(GgmlType.Q8_0);

        Assert.Equal(fromFile.LayerBytes.ToArray(), fromShape.LayerBytes.ToArray());
        Assert.Equal(fromFile.LayerKvBytesPerToken.ToArray(), fromShape.LayerKvBytesPerToken.ToArray());
        Assert.Equal(fromFile.LayerFlopsPerToken.ToArray(), fromShape.LayerFlopsPerToken.ToArray());
        Assert.Equal(fromFile.LayerActiveBytes.ToArray(), fromShape.LayerActiveBytes.ToArray());
        Assert.Equal(fromFile.LayerWindowTokens.ToArray(), fromShape.LayerWindowTokens.ToArray());
        Assert.Equal(WithoutLayers(fromFile), WithoutLayers(fromShape));
        // A head that is the embedding counts twice: the first stage looks up in it, the last multiplies by it.
        var twice = ModelShapes.Get(shape).IsTied ? fromFile.EmbeddingBytes : 0;
        Assert.Equal(model.File.Tensors.Sum(tensor => tensor.LengthBytes) + twice, fromFile.WeightBytes(0, 8));
    }

    // Immutable arrays are equal only where they share memory.
    private static ModelSpec WithoutLayers(ModelSpec spec) => spec with
    {
        LayerBytes = [], LayerKvBytesPerToken = [], LayerFlopsPerToken = [], LayerActiveBytes = [], LayerWindowTokens = [],
    };
}
