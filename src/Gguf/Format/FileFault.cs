using E2LLM.Core.Errors;

namespace E2LLM.Gguf.Format;

/// <summary>Makes the errors that name a place in a model file.</summary>
internal static class FileFault
{
    public static ModelFileException At(string path, long offsetBytes, string reason) =>
        new($"{path}: at byte {offsetBytes}: {reason}");

    public static ModelFileException InFile(string path, string reason, Exception? inner = null) => new($"{path}: {reason}", inner);
}
