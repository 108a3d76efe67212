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

    [Theory]
    [InlineData("cuda12", "libcuda.so.1", "nvcuda.dll")]
    [InlineData("cuda13", "libcuda.so.1", "nvcuda.dll")]
    [InlineData("vulkan", "libvulkan.so.1", "vulkan-1.dll")]
    public void Find_WithAGpuPackage_TakesItWhereItsDriverIsThere(string folder, string driver, string windowsDriver)
    {
        var gpu = Directory.CreateDirectory(Path.Combine(_directory, folder)).FullName;
        Assert.Equal(gpu, LibraryFolder.FindPackaged(_directory, name => name == driver || name == windowsDriver));
        Assert.NotEqual(gpu, LibraryFolder.FindPackaged(_directory, _ => false));
    }

    [Fact]
    public void Find_WithSeveralGpuPackages_TakesTheNewestCudaBeforeVulkan()
    {
        string[] folders = [.. new[] { "vulkan", "cuda12", "cuda13" }.Select(folder => Directory.CreateDirectory(Path.Combine(_directory, folder)).FullName)];
        foreach (var folder in folders.Reverse())
        {
            Assert.Equal(folder, LibraryFolder.FindPackaged(_directory, _ => true));
            Directory.Delete(folder);
        }
    }

    [Theory]
    [InlineData("ggml-cuda")]
    [InlineData("ggml-vulkan")]
    public void Open_OfAGpuPackage_LoadsTheProcessorsBackendFromItsOwnFolderFirst(string backend)
    {
        var cpu = LibraryFolder.FindPackaged(_directory, _ => false);
        var gpu = Path.Combine(_directory, "gpu");
        var ggmlCpu = Add(cpu, "ggml-cpu");
        var (ggmlBase, ggmlGpu, ggml, llama) = (Add(gpu, "ggml-base"), Add(gpu, backend), Add(gpu, "ggml"), Add(gpu, "llama"));
        var folder = LibraryFolder.Open(gpu);
        Assert.Equal((ggmlBase, llama), (folder.GgmlBase, folder.Llama));
        Assert.Equal([ggmlCpu, ggmlGpu, ggml], folder.Between);
    }

    [Fact]
    public void Open_OfAGpuPackageWithoutTheProcessorsBackend_SaysWhereItWasLookedFor()
    {
        var cpu = LibraryFolder.FindPackaged(_directory, _ => false);
        var gpu = Path.Combine(_directory, "gpu");
        foreach (var library in new[] { "ggml-base", "ggml-cuda", "ggml", "llama" })
            Add(gpu, library);
        Assert.Contains(cpu, Assert.Throws<ConfigurationException>(() => LibraryFolder.Open(gpu)).Message);
    }

    [Fact]
    public void Open_OfAFolderWithAllLibraries_LeavesTheRestToTheirOwnPaths()
    {
        foreach (var library in new[] { "ggml-base", "ggml-cpu", "ggml-cuda", "ggml", "llama" })
            Add(_directory, library);
        Assert.Empty(LibraryFolder.Open(_directory).Between);
    }

    private static string Add(string directory, string library)
    {
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, OperatingSystem.IsWindows() ? $"{library}.dll" : $"lib{library}{(OperatingSystem.IsMacOS() ? ".dylib" : ".so")}");
        File.WriteAllText(path, "");
        return path;
    }
}
