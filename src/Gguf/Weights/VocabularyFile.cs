using E2LLM.Core.Errors;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.Models;

namespace E2LLM.Gguf.Weights;

/// <summary>A GGUF file with a model's metadata and without its tensors: all that llama.cpp needs to tokenise.</summary>
internal static class VocabularyFile
{
    /// <summary>Written aside and renamed.</summary>
    /// <exception cref="E2LlmException">The disk does not take it.</exception>
    public static void Write(ModelFile model, string path)
    {
        try
        {
            var temporary = path + ".tmp";
            using (var output = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                var writer = new GgufWriter(output);
                foreach (var entry in model.File.Metadata.Entries)
                    if (entry.Key != GgufFormat.AlignmentKey && !entry.Key.StartsWith(SplitKeys.Prefix, StringComparison.Ordinal))
                        writer.AddCopy(model.File, entry);
                writer.BeginData();
                writer.Complete();
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new E2LlmException($"The vocabulary of {model.Id} cannot be written to {path}: {error.Message}", mayRetry: true, error);
        }
    }
}
