using System.Security.Cryptography;
using E2LLM.Core.Errors;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.RandomModels;
using E2LLM.Gguf.Tests.Fixtures;

namespace E2LLM.Gguf.Tests.RandomModels;

public sealed class RandomModelTests
{
    [Theory]
    [MemberData(nameof(RandomModelFile.TinyShapes), MemberType = typeof(RandomModelFile))]
    public void Write_EveryTinyShapeAndType_IsAValidModel(string shape)
    {
        using var directory = new TemporaryDirectory();
        foreach (var type in new[] { GgmlType.F32, GgmlType.F16, GgmlType.Q8_0, GgmlType.Q4_0 })
        {
            using var model = RandomModelFile.Create(directory, shape, type);

            Assert.Equal(8, model.HyperParameters.LayerCount);
            Assert.Equal(type, model.Embedding.Type);
        }
    }

    [Fact]
    public void Write_SameSeed_GivesTheSameBytesOnEveryMachine()
    {
        using var directory = new TemporaryDirectory();
        using var model = RandomModelFile.Create(directory, "tiny-llama", GgmlType.Q4_0, seed: 1);

        var sha = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(model.File.Path)));

        Assert.Equal("af1454be09dcc239a909dec4b779983e3dc0ece5d11899e4168b9fd77bfa53dd", sha);
    }

    [Fact]
    public void Write_OtherSeed_GivesOtherWeights()
    {
        using var directory = new TemporaryDirectory();
        using var one = RandomModelFile.Create(directory, "tiny-llama", GgmlType.Q8_0, seed: 1);
        var first = TensorBytes.Of(one.File, "blk.3.attn_q.weight");
        one.Dispose();
        using var other = RandomModelFile.Create(directory, "tiny-llama", GgmlType.Q8_0, seed: 2);

        Assert.NotEqual(first, TensorBytes.Of(other.File, "blk.3.attn_q.weight"));
        Assert.NotEqual(TensorBytes.Of(other.File, "blk.4.attn_q.weight"), TensorBytes.Of(other.File, "blk.3.attn_q.weight"));
    }

    [Theory]
    [InlineData(GgmlType.F32)]
    [InlineData(GgmlType.F16)]
    [InlineData(GgmlType.Q8_0)]
    [InlineData(GgmlType.Q4_0)]
    public void Write_EveryType_GivesTheSameSpreadOfWeights(GgmlType type)
    {
        using var directory = new TemporaryDirectory();
        using var model = RandomModelFile.Create(directory, "tiny-llama", type);

        var values = Decode(TensorBytes.Of(model.File, "blk.0.ffn_up.weight"), type);

        // 131,072 draws of deviation 0.8 / sqrt(256): the mean is off by 0.00014 at one sigma.
        Assert.Equal(256 * 512, values.Count);
        var mean = values.Average();
        Assert.InRange(mean, -0.0006, 0.0006);
        Assert.InRange(Math.Sqrt(values.Average(value => (value - mean) * (value - mean))), 0.0495, 0.0505);
    }

    [Fact]
    public void Write_OtherWeightType_Throws()
    {
        using var directory = new TemporaryDirectory();

        Assert.Throws<ArgumentOutOfRangeException>(() => RandomModel.Write(directory.File("x"), ModelShapes.Get("tiny-llama"), GgmlType.Q6_K, 1));
    }

    [Fact]
    public void Get_UnknownShape_ListsThoseThereAre() =>
        Assert.Contains("llama-3.2-1b", Assert.Throws<ConfigurationException>(() => ModelShapes.Get("gpt-5")).Message, StringComparison.Ordinal);

    [Fact]
    public void ToSpec_Llama32OneBillion_HasItsPublishedSize()
    {
        var spec = ModelShapes.Get("llama-3.2-1b").ToSpec(GgmlType.F16);

        // 1,235,814,400 parameters; the head is the embedding and counts twice here.
        Assert.Equal(1_235_814_400, (spec.LayerFlopsPerToken.Sum() / 2) + 16 * 2 * 2048 + 2048 + 128_256L * 2048);
        Assert.Equal(2048, spec.LayerKvBytesPerToken[0]);
    }

    private static List<double> Decode(byte[] bytes, GgmlType type)
    {
        var values = new List<double>();
        switch (type)
        {
            case GgmlType.F32:
                for (var i = 0; i < bytes.Length; i += 4)
                    values.Add(BitConverter.ToSingle(bytes, i));
                break;
            case GgmlType.F16:
                for (var i = 0; i < bytes.Length; i += 2)
                    values.Add((double)BitConverter.ToHalf(bytes, i));
                break;
            case GgmlType.Q8_0:
                for (var i = 0; i < bytes.Length; i += 34)
                    values.AddRange(bytes[(i + 2)..(i + 34)].Select(value => (double)BitConverter.ToHalf(bytes, i) * (sbyte)value));
                break;
            default:
                for (var i = 0; i < bytes.Length; i += 18)
                    values.AddRange(bytes[(i + 2)..(i + 18)].SelectMany(pair => new[] { pair & 15, pair >> 4 }).Select(value => (double)BitConverter.ToHalf(bytes, i) * (value - 8)));
                break;
        }
        return values;
    }
}
