using E2LLM.Gguf.Format;
using E2LLM.Gguf.Models;
using E2LLM.Gguf.RandomModels;

namespace E2LLM.Gguf.Tests.Fixtures;

public static class RandomModelFile
{
    public static TheoryData<string> TinyShapes => [.. ModelShapes.All.Where(shape => shape.Name.StartsWith("tiny-", StringComparison.Ordinal)).Select(shape => shape.Name)];

    public static ModelFile Create(TemporaryDirectory directory, string shape, GgmlType type = GgmlType.Q4_0, ulong seed = 1)
    {
        var path = directory.File($"{shape}.gguf");
        RandomModel.Write(path, ModelShapes.Get(shape), type, seed);
        return ModelFile.Open(path);
    }
}
