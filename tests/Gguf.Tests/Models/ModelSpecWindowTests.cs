using E2LLM.Gguf.Format;
using E2LLM.Gguf.Models;
using E2LLM.Gguf.RandomModels;

namespace E2LLM.Gguf.Tests.Models;

public sealed class ModelSpecWindowTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.gguf");

    [Theory]
    [InlineData("tiny-gemma3", 6)]
    [InlineData("tiny-gpt-oss", 2)]
    public void Read_AlternatingWindows_GivesThemByLayer(string shape, int period)
    {
        RandomModel.Write(_path, ModelShapes.Get(shape), GgmlType.F32, seed: 1);
        using var model = ModelFile.Open(_path);

        var spec = ModelSpecReader.Read(model);

        Assert.Equal(spec.LayerCount, spec.LayerWindowTokens.Length);
        for (var layer = 0; layer < spec.LayerCount; layer++)
            Assert.Equal(layer % period == period - 1, spec.LayerWindowTokens[layer] == 0);
    }

    [Fact]
    public void Read_MixtureOfExperts_CountsTheBytesThatATokenReads()
    {
        RandomModel.Write(_path, ModelShapes.Get("tiny-qwen3moe"), GgmlType.F32, seed: 1);
        using var model = ModelFile.Open(_path);

        var spec = ModelSpecReader.Read(model);

        Assert.Equal(spec.LayerCount, spec.LayerActiveBytes.Length);
        Assert.All(spec.LayerActiveBytes.Zip(spec.LayerBytes), layer => Assert.InRange(layer.First, 1, layer.Second - 1));
    }

    [Fact]
    public void Read_DenseModelWithoutWindows_LeavesBothEmpty()
    {
        RandomModel.Write(_path, ModelShapes.Get("tiny-llama"), GgmlType.F32, seed: 1);
        using var model = ModelFile.Open(_path);

        var spec = ModelSpecReader.Read(model);

        Assert.Empty(spec.LayerWindowTokens);
        Assert.Empty(spec.LayerActiveBytes);
    }

    public void Dispose() => File.Delete(_path);
}
