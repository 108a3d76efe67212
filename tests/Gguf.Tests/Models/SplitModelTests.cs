using System.Security.Cryptography;
using E2LLM.Core.Errors;
using E2LLM.Gguf.Models;
using E2LLM.Gguf.Slicing;
using E2LLM.Gguf.Store;
using E2LLM.Gguf.Tests.Fixtures;

namespace E2LLM.Gguf.Tests.Models;

/// <summary>Models too large for one file come in parts, and are one model to everybody here.</summary>
public sealed class SplitModelTests : IDisposable
{
    // 20 tensors: token_embd, output_norm and 9 a layer.
    private static readonly int[] Uneven = [1, 8, 11];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Open_AnyPart_IsTheWholeModel(int number)
    {
        var paths = Split(Uneven);
        using var whole = Whole();

        using var model = ModelFile.Open(paths[number - 1]);

        Assert.Equal("model", model.Id);
        Assert.Equal(paths[0], model.File.Path);
        Assert.Equal(whole.File.Tensors.Select(tensor => tensor.Name), model.File.Tensors.Select(tensor => tensor.Name));
        Assert.All(whole.File.Tensors, tensor => Assert.Equal(TensorBytes.Of(whole.File, tensor.Name), TensorBytes.Of(model.File, tensor.Name)));
        Assert.Equal(ModelSpecReader.Read(whole).LayerBytes.AsEnumerable(), ModelSpecReader.Read(model).LayerBytes);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(0, 2)]
    public void Slice_OfASplitModel_HasTheBytesOfTheWholeOnes(int firstLayer, int layerCount)
    {
        using var whole = Whole();
        using var model = ModelFile.Open(Split(Uneven)[0]);

        Assert.Equal(Slice(whole), Slice(model));

        byte[] Slice(ModelFile source)
        {
            var output = new MemoryStream();
            ModelSlicer.Write(source, firstLayer, layerCount, "ab", output);
            return output.ToArray();
        }
    }

    [Fact]
    public void Open_FirstPartWithoutTensors_IsTheWholeModel()
    {
        using var model = ModelFile.Open(Split(0, 20)[0]);

        Assert.Equal(20, model.File.Tensors.Length);
    }

    [Fact]
    public void ReadTensor_OfAnotherPart_HasItsBytes()
    {
        using var model = ModelFile.Open(Split(Uneven)[0]);
        var norm = model.File.FindTensor("output_norm.weight")!;
        var bytes = new byte[norm.LengthBytes - 4];

        model.File.ReadTensor(norm, 4, bytes);

        Assert.Equal(1, norm.Part);
        Assert.Equal(TensorBytes.Of(model.File, norm.Name)[4..], bytes);
    }

    [Fact]
    public async Task Sha256_OfASplitModel_IsOfItsPartsOneAfterAnother()
    {
        var paths = Split(Uneven);
        var store = new SliceStore(_directory.File("store"));

        using (var model = ModelFile.Open(paths[2]))
            Assert.Equal(HashOf(paths), await store.GetSha256Async(model, CancellationToken.None));

        // The last part alone is replaced by one that is as long.
        var bytes = File.ReadAllBytes(paths[2]);
        bytes[^1] ^= 1;
        var written = File.GetLastWriteTimeUtc(paths[2]);
        File.WriteAllBytes(paths[2], bytes);
        File.SetLastWriteTimeUtc(paths[2], written.AddSeconds(5));
        using var changed = ModelFile.Open(paths[0]);
        Assert.Equal(HashOf(paths), await store.GetSha256Async(changed, CancellationToken.None));
    }

    [Fact]
    public void RequireUnchanged_AfterAnotherPartWasWritten_Refuses()
    {
        var paths = Split(Uneven);
        using var model = ModelFile.Open(paths[0]);

        File.SetLastWriteTimeUtc(paths[1], File.GetLastWriteTimeUtc(paths[1]).AddSeconds(5));

        Assert.StartsWith(paths[1], Assert.Throws<ModelFileException>(model.File.RequireUnchanged).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    public void Open_WithAPartMissing_NamesThePart(int missing, int given)
    {
        var paths = Split(Uneven);
        File.Delete(paths[missing - 1]);

        var refusal = Assert.Throws<ModelFileException>(() => ModelFile.Open(paths[given - 1]));

        Assert.StartsWith(paths[missing - 1], refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"part {missing} of 3", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_PartOfAnotherSplit_IsRefused()
    {
        AssertRefused(parts => parts[1].Set("split.count", 2, 4, 0), "'split.count' is 4");
        AssertRefused(parts => parts[1].Set("split.no", 2, 2, 0), "'split.no' is 2");
        AssertRefused(parts => parts[1].Remove("split.no"), "'split.no' is missing");
        AssertRefused(parts => parts[1].Tensors.RemoveAt(0), "the 3 parts have 19 tensors");
        AssertRefused(parts => parts[2].Remove("split.tensors.count"), "'split.tensors.count' is missing");
        AssertRefused(parts => parts[2].Tensors.Add(parts[1].Tensors[0]), "is in an earlier part already");
        AssertRefused(parts => parts[2].Set("split.no", 4, 2, 0, 0, 0), "'split.no' must be of type UInt16");
    }

    [Fact]
    public void Open_WrongTensorInAnotherPart_NamesThatPart()
    {
        var parts = SplitModel.Parts(RawModel.Llama(), Uneven);
        parts[2].Tensors[0].Shape[0] *= 2;
        parts[2].Tensors[0].Bytes *= 2;
        var paths = SplitModel.Write(_directory, parts);

        Assert.StartsWith(paths[2], Assert.Throws<ModelFileException>(() => ModelFile.Open(paths[0])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_SplitCountOfOne_IsWhole()
    {
        var file = RawModel.Llama();
        file.Set("split.count", 2, 1, 0);

        using var model = ModelFile.Open(_directory.Write("one.gguf", file.Build()));

        Assert.Equal("one", model.Id);
    }

    private void AssertRefused(Action<RawGguf[]> change, string place)
    {
        var parts = SplitModel.Parts(RawModel.Llama(), Uneven);
        change(parts);
        var paths = SplitModel.Write(_directory, parts);
        Assert.Contains(place, Assert.Throws<ModelFileException>(() => ModelFile.Open(paths[0])).Message, StringComparison.Ordinal);
    }

    private static string HashOf(string[] paths) => Convert.ToHexStringLower(SHA256.HashData([.. paths.SelectMany(File.ReadAllBytes)]));

    private ModelFile Whole() => ModelFile.Open(_directory.Write("model.gguf", RawModel.Llama().Build()));

    private string[] Split(params int[] tensorCounts) => SplitModel.Write(_directory, SplitModel.Parts(RawModel.Llama(), tensorCounts));
}
