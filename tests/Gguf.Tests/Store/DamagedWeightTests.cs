using E2LLM.Core.Errors;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.Models;
using E2LLM.Gguf.Store;
using E2LLM.Gguf.Tests.Fixtures;

namespace E2LLM.Gguf.Tests.Store;

/// <summary>Weights that are no numbers are met when a model is first hashed, and not by whoever asks it something.</summary>
public sealed class DamagedWeightTests : IDisposable
{
    private static readonly byte[] NaN32 = BitConverter.GetBytes(float.NaN);
    private static readonly byte[] Infinity32 = BitConverter.GetBytes(float.NegativeInfinity);
    private static readonly byte[] NaN16 = BitConverter.GetBytes(Half.NaN);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    public static TheoryData<GgmlType, string, byte[]> Damages => new()
    {
        { GgmlType.F32, "blk.2.ffn_down.weight", NaN32 },
        { GgmlType.F32, "blk.7.attn_q.weight", Infinity32 },
        { GgmlType.Q4_0, "blk.0.attn_norm.weight", NaN32 },
        { GgmlType.Q8_0, "token_embd.weight", NaN16 },
        { GgmlType.Q4_0, "blk.2.ffn_up.weight", NaN16 },
        { GgmlType.F16, "output.weight", NaN16 },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Sha256_OfAModelWithAWeightThatIsNoNumber_NamesTheTensor(GgmlType type, string tensor, byte[] bytes)
    {
        var path = Damaged(type, tensor, bytes, 0);
        using var model = ModelFile.Open(path);
        var store = new SliceStore(_directory.File("store"));

        // Twice: a fault is no result to be kept.
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var error = await Assert.ThrowsAsync<ModelFileException>(() => store.GetSha256Async(model, CancellationToken.None));
            Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
            Assert.Contains($"'{tensor}'", error.Message, StringComparison.Ordinal);
            Assert.Contains("at element 0 ", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Sha256_OfADamagedLastWeight_SaysWhichItIs()
    {
        using var model = ModelFile.Open(Damaged(GgmlType.F32, "blk.3.ffn_gate.weight", NaN32, -4));
        var elements = model.File.FindTensor("blk.3.ffn_gate.weight")!.ElementCount;

        var error = await Assert.ThrowsAsync<ModelFileException>(
            () => new SliceStore(_directory.File("store")).GetSha256Async(model, CancellationToken.None));

        Assert.Contains($"at element {elements - 1} ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sha256_OfAFileThatAnOlderStoreHashedUnchecked_IsCheckedNow()
    {
        using var sound = RandomModelFile.Create(_directory, "tiny-llama", GgmlType.F32);
        var store = _directory.File("store");
        await new SliceStore(store).GetSha256Async(sound, CancellationToken.None);
        var entry = Assert.Single(Directory.GetFiles(Path.Combine(store, "index"), "source.*.json"));
        File.WriteAllText(entry, File.ReadAllText(entry).Replace(",\"WeightsChecked\":true", "", StringComparison.Ordinal));
        var written = File.GetLastWriteTimeUtc(sound.File.Path);
        Damage(sound.File.Path, "blk.2.ffn_down.weight", NaN32, 0);
        File.SetLastWriteTimeUtc(sound.File.Path, written);
        using var damaged = ModelFile.Open(sound.File.Path);

        await Assert.ThrowsAsync<ModelFileException>(() => new SliceStore(store).GetSha256Async(damaged, CancellationToken.None));
    }

    private string Damaged(GgmlType type, string tensor, byte[] bytes, long offsetBytes)
    {
        using var model = RandomModelFile.Create(_directory, "tiny-llama", type);
        Damage(model.File.Path, tensor, bytes, offsetBytes);
        return model.File.Path;
    }

    private static void Damage(string path, string tensor, byte[] bytes, long offsetBytes)
    {
        long place;
        using (var file = GgufFile.Open(path))
        {
            var found = file.FindTensor(tensor)!;
            place = found.OffsetBytes + (offsetBytes < 0 ? found.LengthBytes + offsetBytes : offsetBytes);
        }
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        stream.Position = place;
        stream.Write(bytes);
    }
}
