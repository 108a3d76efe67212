using System.Collections.Frozen;
using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Gguf.Models;
using E2LLM.Gguf.Store;
using E2LLM.Inference.Profiling;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.Models;

/// <summary>The GGUF files that this machine serves, each validated in managed code and held open.</summary>
public sealed class ModelCatalog : IModelCatalog, IDisposable
{
    private readonly FrozenDictionary<string, (ModelSpec Spec, ModelFile File)> _byId;

    private ModelCatalog(List<(ModelSpec Spec, ModelFile File)> models)
    {
        Models = models.Select(model => model.Spec).ToImmutableArray();
        _byId = models.ToFrozenDictionary(model => model.Spec.Id);
    }

    public IReadOnlyList<ModelSpec> Models { get; }

    /// <param name="paths">GGUF files of whole models; each is served under its name without the extension.</param>
    /// <param name="store">Computes, and remembers, the files' hashes.</param>
    /// <param name="library">Which runtime is to load them: where it cannot make every slice, the models say so.</param>
    /// <param name="cancellationToken">Gives up; hashing a large file takes seconds the first time.</param>
    /// <exception cref="ModelFileException">A file is missing, damaged, or of a kind that cannot be sliced, or its context is too short.</exception>
    /// <exception cref="ConfigurationException">Two files have the same name.</exception>
    public static Task<ModelCatalog> OpenAsync(
        IEnumerable<string> paths, ISliceStore store, LlamaLibraryOptions library, CancellationToken cancellationToken) =>
        OpenAsync(paths.Select(path => ModelFile.Open(path)), store, library, cancellationToken);

    /// <inheritdoc cref="OpenAsync(IEnumerable{string}, ISliceStore, LlamaLibraryOptions, CancellationToken)"/>
    /// <param name="files">Opened one by one as they are enumerated; the catalog's from then on, also where this throws.</param>
    public static async Task<ModelCatalog> OpenAsync(
        IEnumerable<ModelFile> files, ISliceStore store, LlamaLibraryOptions library, CancellationToken cancellationToken)
    {
        var models = new List<(ModelSpec Spec, ModelFile File)>();
        try
        {
            foreach (var file in files)
            {
                models.Add((ModelSpecReader.Read(file), file));
                if (models[^1].Spec.ContextLengthTokens is var context and < ProfilePoints.LeastContextTokens)
                    throw new ModelFileException(
                        $"{file.File.Path}: '{file.ArchitectureName}.context_length' is {context}; a model is served from {ProfilePoints.LeastContextTokens} tokens on.");
                if (models.Count(model => model.Spec.Id == file.Id) > 1)
                    throw new ConfigurationException(
                        $"Two model files are called '{file.Id}'; the second is '{file.File.Path}'. Rename one of them.");
                models[^1] = (LlamaRuntimes.CutAs(models[^1].Spec, library) with { Sha256 = await store.GetSha256Async(file, cancellationToken) }, file);
            }
            return new ModelCatalog(models);
        }
        catch
        {
            foreach (var (_, file) in models)
                file.Dispose();
            throw;
        }
    }

    public ModelSpec? Find(string modelId) => _byId.TryGetValue(modelId, out var model) ? model.Spec : null;

    public void Dispose()
    {
        foreach (var (_, file) in _byId.Values)
            file.Dispose();
    }

    /// <exception cref="RequestRejectedException">The model is unknown; the message lists those there are.</exception>
    internal (ModelSpec Spec, ModelFile File) Get(string modelId) =>
        _byId.TryGetValue(modelId, out var model)
            ? model
            : throw new RequestRejectedException(
                $"There is no model '{modelId}' here; there are: {string.Join(", ", _byId.Keys.Order())}.");
}
