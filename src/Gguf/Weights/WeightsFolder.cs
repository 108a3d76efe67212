using System.Security.Cryptography;
using System.Text;
using E2LLM.Core.Errors;
using E2LLM.Core.Weights;
using E2LLM.Gguf.Models;
using E2LLM.Gguf.Store;

namespace E2LLM.Gguf.Weights;

/// <summary>
/// A silo's folder of manifests and mirrors: <c>manifests/</c> of models whose files are on this machine, and a folder for each model of
/// which it has pieces, named by the manifest's root. For one process at a time.
/// </summary>
/// <param name="directory">Made where it is missing.</param>
/// <param name="limits">Of each mirror.</param>
/// <param name="time">Tells how long pieces have been unused.</param>
public sealed class WeightsFolder(string directory, MirrorLimits limits, TimeProvider time)
{
    private const string ManifestName = "manifest";

    /// <summary>The pieces of a model whose files are here. They are hashed once, and again where a file has changed.</summary>
    /// <param name="sha256">Of the model, whose weights have been looked through with it.</param>
    /// <exception cref="ModelFileException">The file has been changed since it was opened, or is too large to be sent.</exception>
    /// <exception cref="E2LlmException">The folder cannot be written to.</exception>
    public async Task<ModelPieces> ShareAsync(ModelFile model, string sha256, CancellationToken cancellationToken)
    {
        var stamp = Encoding.UTF8.GetBytes($"{FileStamp.Of(model.File)} {model.Id} {sha256}");
        var path = Path.Combine(directory, "manifests", Convert.ToHexStringLower(SHA256.HashData(stamp)));
        if (Read(path) is { } known && known.Sha256 == sha256 && known.ModelId == model.Id)
            return new ModelPieces(model, known);
        var manifest = await ModelPieces.HashAsync(model, sha256, cancellationToken).ConfigureAwait(false);
        Write(path, manifest);
        return new ModelPieces(model, manifest);
    }

    /// <summary>The mirror of a model, as this machine left it or empty.</summary>
    /// <exception cref="E2LlmException">The folder cannot be used.</exception>
    public ModelMirror Mirror(WeightsManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var folder = Path.Combine(directory, manifest.Root);
        Write(Path.Combine(folder, ManifestName), manifest);
        return new ModelMirror(folder, manifest, limits, time);
    }

    /// <summary>Manifests of the models that this machine has a mirror of, the latest used first.</summary>
    public IReadOnlyList<WeightsManifest> Mirrored() => Directory.Exists(directory)
        ? [
            .. new DirectoryInfo(directory).EnumerateDirectories()
                .Select(folder => (Manifest: Read(Path.Combine(folder.FullName, ManifestName)), folder.Name, UsedAt: folder.LastWriteTimeUtc))
                .Where(found => found.Manifest?.Root == found.Name)
                .OrderByDescending(found => found.UsedAt)
                .Select(found => found.Manifest!),
        ]
        : [];

    /// <summary>Removes mirrors of other models that nobody has used for too long.</summary>
    /// <param name="servedRoot">Of the model that is served; null: of none.</param>
    /// <returns>Bytes that were removed.</returns>
    /// <exception cref="E2LlmException">A folder cannot be removed.</exception>
    public long TrimOthers(string? servedRoot)
    {
        if (!Directory.Exists(directory))
            return 0;
        var removed = 0L;
        try
        {
            foreach (var folder in new DirectoryInfo(directory).EnumerateDirectories())
            {
                if (folder.Name.Length != 2 * WeightsManifest.HashBytes || folder.Name == servedRoot || time.GetUtcNow().UtcDateTime - folder.LastWriteTimeUtc < limits.MaxIdle)
                    continue;
                var bytes = folder.EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
                folder.Delete(recursive: true);
                removed += bytes;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Fault(error);
        }
        return removed;
    }

    private static WeightsManifest? Read(string path)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            return bytes.Length > WeightsManifest.HashBytes
                ? WeightsManifest.Parse(bytes.AsMemory(WeightsManifest.HashBytes), Convert.ToHexStringLower(bytes.AsSpan(0, WeightsManifest.HashBytes)))
                : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ModelFileException)
        {
            return null;
        }
    }

    // Written aside and renamed; and again at each start, which tells when the folder was last used.
    private void Write(string path, WeightsManifest manifest)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path + ".tmp", [.. Convert.FromHexString(manifest.Root), .. manifest.Bytes.Span]);
            File.Move(path + ".tmp", path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Fault(error);
        }
    }

    private E2LlmException Fault(Exception error) => new($"The folder {directory} failed: {error.Message}", mayRetry: error is IOException, error);
}
