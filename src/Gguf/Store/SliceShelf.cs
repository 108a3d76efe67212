namespace E2LLM.Gguf.Store;

/// <summary>All files of a slice store at one moment.</summary>
internal sealed class SliceShelf(IReadOnlyList<ShelvedSlice> slices)
{
    /// <summary>Who has been told of a slice may not have opened it yet, and another process may be about to.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    public static SliceShelf Read(string directory, SliceIndex index)
    {
        var entries = index.Slices().ToLookup(entry => index.FindSlice(entry.Key) ?? "");
        return new SliceShelf(
        [
            .. new DirectoryInfo(directory).EnumerateFiles().Select(file =>
            {
                // Half a slice that a crash left behind is named by its key, and nothing by its hash.
                var known = entries[Path.GetFileNameWithoutExtension(file.Name)].ToArray();
                return new ShelvedSlice(
                    file.FullName,
                    file.Length,
                    file.Extension == ".tmp" ? [Path.GetFileNameWithoutExtension(file.Name)] : [.. known.Select(entry => entry.Key)],
                    [.. known.Select(entry => entry.SourceSha256)],
                    known.Select(entry => entry.UsedAt).Append(new DateTimeOffset(file.LastWriteTimeUtc)).Max());
            }),
        ]);
    }

    /// <summary>What has to go because it is too old, or so that at most so many bytes stay, the longest unused first.</summary>
    /// <param name="isGiven">Whether this process has given out the slice at a path, which may be in use without being asked for again.</param>
    public IEnumerable<ShelvedSlice> Surplus(
        long maxBytes, TimeSpan maxIdle, IReadOnlyCollection<string> servedSha256, Func<string, bool> isGiven, DateTimeOffset now)
    {
        var surplus = slices.Sum(slice => slice.Bytes) - maxBytes;
        bool IsTooOld(ShelvedSlice slice) => now - slice.UsedAt > maxIdle && now - slice.UsedAt > Grace && !isGiven(slice.Path);
        foreach (var slice in slices.Where(IsTooOld))
        {
            surplus -= slice.Bytes;
            yield return slice;
        }
        var removable = slices
            .Where(slice => now - slice.UsedAt > Grace && !IsTooOld(slice) && !slice.SourceSha256.Any(servedSha256.Contains))
            .OrderBy(slice => slice.UsedAt).ThenBy(slice => slice.Path, StringComparer.Ordinal);
        foreach (var slice in removable)
        {
            if (surplus <= 0)
                yield break;
            surplus -= slice.Bytes;
            yield return slice;
        }
    }
}
