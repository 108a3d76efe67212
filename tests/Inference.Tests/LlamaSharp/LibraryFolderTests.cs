using E2LLM.Core.Errors;
using E2LLM.Inference.LlamaSharp;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.Tests.LlamaSharp;

public sealed class LibraryFolderTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("e2llm-libraries-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Open_WithoutALibrary_SaysWhichAndWhatToSet()
    {
        var message = Assert.Throws<ConfigurationException>(() => LibraryFolder.Open(_directory)).Message;
        Assert.Contains("no ggml-base library", message);
        Assert.Contains("E2LLM__Engine__LibraryPath", message);
    }

    [Fact]
    public void Open_OfAFolderThatIsNotThere_SaysSo() =>
        Assert.Contains("/no/such", Assert.Throws<ConfigurationException>(() => LibraryFolder.Open("/no/such")).Message);

    [Fact]
    public void Find_TakesTheOptionBeforeTheVariableBeforeThePackage()
    {
        Assert.Equal("/a", LibraryFolder.Find(new LlamaLibraryOptions { LibraryPath = "/a" }, _ => "/b"));
        Assert.Equal("/b", LibraryFolder.Find(new LlamaLibraryOptions(), _ => "/b"));
        Assert.StartsWith(AppContext.BaseDirectory, LibraryFolder.Find(new LlamaLibraryOptions(), _ => null));
    }
}
