using E2LLM.Core.Errors;
using E2LLM.Gguf.Models;

namespace E2LLM.Gguf.Tests.Fixtures;

/// <summary>Opens a file as the product does and holds the refusal against what every refusal owes.</summary>
public static class HostileFile
{
    private const long AllowanceBytes = 16 << 20;

    /// <returns>The refusal; null where the file was taken.</returns>
    public static ModelFileException? Open(string path)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        ModelFileException? refusal = null;
        try
        {
            ModelFile.Open(path).Dispose();
        }
        catch (ModelFileException error)
        {
            refusal = error;
        }
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < AllowanceBytes + new FileInfo(path).Length, $"{allocated} bytes were allocated");
        return refusal;
    }

    public static void AssertRefused(byte[] bytes, string place)
    {
        using var directory = new TemporaryDirectory();
        var path = directory.Write("hostile.gguf", bytes);
        var refusal = Open(path);
        Assert.True(refusal is not null, "the file was taken");
        Assert.StartsWith(path, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(place, refusal.Message, StringComparison.Ordinal);
    }
}
