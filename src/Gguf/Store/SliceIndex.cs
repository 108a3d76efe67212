using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using E2LLM.Gguf.Slicing;

namespace E2LLM.Gguf.Store;

/// <summary>Remembers which file holds which slice, and what the models' files hash to. Small JSON files, each replaced as a whole.</summary>
internal sealed class SliceIndex(string directory)
{
    private const int Sha256HexLength = 64;

    /// <summary>Name of a slice's entry and of its lock.</summary>
    public static string KeyOf(string sourceSha256, int firstLayer, int layerCount) =>
        FormattableString.Invariant($"{sourceSha256}.{firstLayer}-{layerCount}.v{ModelSlicer.RecipeVersion}");

    /// <summary>Name of a model file's entry and of its lock.</summary>
    public static string KeyOf(FileStamp stamp) => "source." + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(stamp.Path)));

    /// <summary>The hash of the file that holds the slice; null where there is no entry, or none that can be read.</summary>
    public string? FindSlice(string key) => Read<SliceEntry>(key)?.Sha256 is { } sha && IsSha256(sha) ? sha : null;

    public void PutSlice(string key, string sha256) => Write(key, new SliceEntry(sha256));

    /// <summary>Marks a slice as used now; an entry that is gone meanwhile stays gone.</summary>
    public void Touch(string key, DateTimeOffset now)
    {
        if (File.Exists(PathOf(key)))
            File.SetLastWriteTimeUtc(PathOf(key), now.UtcDateTime);
    }

    /// <summary>The entries of all slices, with the hash of the model's file and the time of their last use.</summary>
    public IReadOnlyList<(string Key, string SourceSha256, DateTimeOffset UsedAt)> Slices() =>
    [
        .. new DirectoryInfo(directory).EnumerateFiles("*.json")
            .Where(file => file.Name.Length > Sha256HexLength && file.Name[Sha256HexLength] == '.' && IsSha256(file.Name[..Sha256HexLength]))
            .Select(file => (Path.GetFileNameWithoutExtension(file.Name), file.Name[..Sha256HexLength], new DateTimeOffset(file.LastWriteTimeUtc))),
    ];

    /// <summary>Long ago where there is no such entry.</summary>
    public DateTimeOffset UsedAt(string key) => new(File.GetLastWriteTimeUtc(PathOf(key)));

    public void RemoveSlice(string key) => File.Delete(PathOf(key));

    /// <summary>The hash of a model file whose weights were found sound, and that has not changed since; otherwise null.</summary>
    public string? FindSource(FileStamp stamp) =>
        Read<SourceEntry>(KeyOf(stamp)) is { WeightsChecked: true } entry && entry.Stamp == stamp && IsSha256(entry.Sha256) ? entry.Sha256 : null;

    public void PutSource(FileStamp stamp, string sha256) => Write(KeyOf(stamp), new SourceEntry(stamp, sha256, WeightsChecked: true));

    private static bool IsSha256(string? text) => text is { Length: Sha256HexLength } && text.All(char.IsAsciiHexDigitLower);

    private T? Read<T>(string key)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllBytes(PathOf(key)));
        }
        catch (Exception error) when (error is FileNotFoundException or JsonException)
        {
            return null;
        }
    }

    // Written aside and renamed, so that a reader sees the old entry or the new one and a crash leaves no half.
    private void Write<T>(string key, T entry)
    {
        var temporary = $"{PathOf(key)}.{Guid.NewGuid():N}.tmp";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(entry));
        File.Move(temporary, PathOf(key), overwrite: true);
    }

    private string PathOf(string key) => Path.Combine(directory, key + ".json");

    private sealed record SliceEntry(string Sha256);

    private sealed record SourceEntry(FileStamp Stamp, string Sha256, bool WeightsChecked = false);
}
