using E2LLM.Core.Errors;
using E2LLM.Gguf.Format;

namespace E2LLM.Gguf.Slicing;

/// <summary>What a slice says about itself; a loader holds it against what it asked for.</summary>
/// <param name="EndLayer">One past the last layer.</param>
/// <param name="TotalLayers">Layers of the whole model.</param>
/// <param name="SourceSha256">Lower-case hex SHA-256 of the model file.</param>
public sealed record SliceFacts(int FirstLayer, int EndLayer, int TotalLayers, string SourceSha256)
{
    public bool IsFirst => FirstLayer == 0;

    /// <summary>Whether the slice carries the head.</summary>
    public bool IsLast => EndLayer == TotalLayers;

    /// <exception cref="ModelFileException">The file is no slice, or its range makes no sense.</exception>
    public static SliceFacts Read(GgufFile file)
    {
        var first = UInt32(file, SliceKeys.First);
        var end = UInt32(file, SliceKeys.End);
        var total = UInt32(file, SliceKeys.Total);
        if (first >= end || end > total || total > int.MaxValue)
            throw FileFault.InFile(file.Path, $"the slice claims the layers [{first}, {end}) of {total}");
        return new SliceFacts((int)first, (int)end, (int)total, file.Metadata.FindString(SliceKeys.SourceSha256) ?? throw Missing(file, SliceKeys.SourceSha256));
    }

    private static uint UInt32(GgufFile file, string key) => file.Metadata.FindUInt32(key) ?? throw Missing(file, key);

    private static ModelFileException Missing(GgufFile file, string key) => FileFault.InFile(file.Path, $"the key '{key}' is missing: this is no slice");
}
