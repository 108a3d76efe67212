using E2LLM.Gguf.Format;
using E2LLM.Gguf.Models;
using E2LLM.Gguf.Store;

namespace E2LLM.Inference.Tests.Fixtures;

/// <summary>A store whose disk has gone bad: in one tensor of the model, every slice that has it holds a NaN.</summary>
/// <param name="store">Of the sound slices.</param>
/// <param name="layer">The model's layer; -1 for a tensor of none.</param>
/// <param name="tensor">F32; its name, behind the layer's prefix.</param>
internal sealed class DamagedSlices(ISliceStore store, int layer, string tensor) : ISliceStore
{
    public async Task<StoredSlice> GetAsync(ModelFile model, int firstLayer, int layerCount, CancellationToken cancellationToken)
    {
        var slice = await store.GetAsync(model, firstLayer, layerCount, cancellationToken);
        var name = layer < 0 ? tensor : $"blk.{layer - firstLayer}.{tensor}";
        long offset;
        using (var file = GgufFile.Open(slice.Path))
        {
            if (file.FindTensor(name) is not { Type: GgmlType.F32 } found)
                return slice;
            offset = found.OffsetBytes;
        }
        var copy = slice.Path + ".damaged";
        File.Copy(slice.Path, copy, overwrite: true);
        Damage(copy, offset);
        return slice with { Path = copy };
    }

    public Task<long> TrimAsync(long maxBytes, TimeSpan maxIdle, IReadOnlyCollection<string> servedSha256, CancellationToken cancellationToken) =>
        store.TrimAsync(maxBytes, maxIdle, servedSha256, cancellationToken);

    public Task<string> GetSha256Async(ModelFile model, CancellationToken cancellationToken) => store.GetSha256Async(model, cancellationToken);

    /// <summary>Puts a NaN at an offset of a file, which says nothing of it: as disks do.</summary>
    public static void Damage(string path, long offsetBytes)
    {
        var writtenAt = File.GetLastWriteTimeUtc(path);
        using (var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            stream.Position = offsetBytes;
            stream.Write(BitConverter.GetBytes(float.NaN));
        }
        File.SetLastWriteTimeUtc(path, writtenAt);
    }
}
