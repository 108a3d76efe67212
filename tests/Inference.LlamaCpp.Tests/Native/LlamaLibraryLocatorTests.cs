using E2LLM.Core.Errors;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.LlamaCpp.Tests.Native;

public sealed class LlamaLibraryLocatorTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("e2llm-locator-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("libllama.v0.5.0.so", "libggml.v0.5.0.so", "libggml-base.so")]
    [InlineData("libllama.cuda.v0.5.0.so", "libggml.cuda.v0.5.0.so", "libggml-base.so")]
    [InlineData("llama.dll", "ggml.dll", "ggml-base.dll")]
    [InlineData("libllama.0.dylib", "libggml.dylib", "libggml-base.dylib")]
    public void Locate_FindsTheLibrariesWhateverTheBuildCallsThem(string llama, string ggml, string ggmlBase)
    {
        foreach (var name in new[] { llama, ggml, ggmlBase, "libllama-common.so", "libggml-cpu-zen4.so", "libggml-cuda.so" })
            File.WriteAllText(Path.Combine(_directory, name), "");
        var found = LlamaLibraryLocator.Locate(_directory);
        Assert.Equal([llama, ggml, ggmlBase], new[] { found.Llama, found.Ggml, found.GgmlBase }.Select(Path.GetFileName));
    }

    [Fact]
    public void Locate_WithoutALibrary_SaysWhichAndWhatToSet()
    {
        File.WriteAllText(Path.Combine(_directory, "libggml-base.so"), "");
        var message = Assert.Throws<ConfigurationException>(() => LlamaLibraryLocator.Locate(_directory)).Message;
        Assert.Contains("no ggml library", message);
        Assert.Contains("E2LLM__Engine__LibraryPath", message);
    }

    [Fact]
    public void Locate_OfAFolderThatIsNotThere_SaysSo() =>
        Assert.Contains("/no/such", Assert.Throws<ConfigurationException>(() => LlamaLibraryLocator.Locate("/no/such")).Message);

    [Fact]
    public void FindDirectory_TakesTheOptionBeforeTheVariableBeforeThePackage()
    {
        Assert.Equal("/a", LlamaLibraryLocator.FindDirectory(new LlamaLibraryOptions { LibraryPath = "/a" }, _ => "/b"));
        Assert.Equal("/b", LlamaLibraryLocator.FindDirectory(new LlamaLibraryOptions(), _ => "/b"));
        Assert.EndsWith("native", LlamaLibraryLocator.FindDirectory(new LlamaLibraryOptions(), _ => null));
    }
}
