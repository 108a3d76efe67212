using E2LLM.Core.Errors;
using E2LLM.Gguf.Models;

namespace E2LLM.Gguf.Store;

/// <summary>Slices of models on this machine, shared by its devices and processes. Thread-safe.</summary>
public interface ISliceStore
{
    /// <summary>The slice with the layers [first, first + count): cut on the first call, checked by its hash on every process's first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The model has no such layers.</exception>
    /// <exception cref="ModelFileException">The model file has been cut short since it was opened.</exception>
    /// <exception cref="E2LlmException">The store's directory cannot be read or written.</exception>
    Task<StoredSlice> GetAsync(ModelFile model, int firstLayer, int layerCount, CancellationToken cancellationToken);

    /// <summary>
    /// Removes slices that nobody has used for long, and then the longest unused until those that are left have at most so many bytes. Those
    /// that somebody used or cut within the last hour stay, and so do those of the served models, however much they take; but those of earlier
    /// plans, which this process has not asked for, go by their age. What is removed is cut anew when it is asked for.
    /// </summary>
    /// <param name="maxBytes">0 or more.</param>
    /// <param name="maxIdle">After which an unused slice goes.</param>
    /// <param name="servedSha256">Of the files of the models that are served here, lower-case hex.</param>
    /// <returns>Bytes that were removed.</returns>
    /// <exception cref="E2LlmException">The store's directory cannot be read.</exception>
    Task<long> TrimAsync(long maxBytes, TimeSpan maxIdle, IReadOnlyCollection<string> servedSha256, CancellationToken cancellationToken);

    /// <summary>
    /// Lower-case hex SHA-256 of the model's file, or of its parts one after another; computed once, and the weights are checked with it.
    /// </summary>
    /// <exception cref="ModelFileException">A weight is NaN or infinite; the message names the tensor.</exception>
    Task<string> GetSha256Async(ModelFile model, CancellationToken cancellationToken);
}
