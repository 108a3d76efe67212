using E2LLM.Core.Errors;
using E2LLM.Inference.Runtimes;
using E2LLM.Inference.Tests.Fixtures;

namespace E2LLM.Inference.Tests.Runtimes;

public sealed class LlamaRuntimesTests
{
    [Fact]
    public void Load_OfThePackagedLibrary_FindsTheProcessor()
    {
        LlamaRuntimes.Load(TestRuntime.Options);
        LlamaRuntimes.Load(TestRuntime.Options);
        Assert.Contains(LlamaRuntimes.Devices, device => device.StartsWith("CPU", StringComparison.Ordinal));
    }

    [Fact]
    public void Load_FromAnotherFolderAfterwards_NamesBoth()
    {
        LlamaRuntimes.Load(TestRuntime.Options);
        var elsewhere = TestRuntime.Options with { LibraryPath = "/opt/llama" };
        var message = Assert.Throws<ConfigurationException>(() => LlamaRuntimes.Load(elsewhere)).Message;
        Assert.Contains("/opt/llama", message);
        Assert.Contains(AppContext.BaseDirectory, message);
    }

    [Fact]
    public void Load_OfARuntimeThatTheBuildLacks_NamesThoseThatItHas()
    {
        var message = Assert.Throws<ConfigurationException>(() => LlamaRuntimes.Load(new LlamaLibraryOptions { Runtime = "mlx" })).Message;
        Assert.Contains("E2LLM:Engine:Runtime is 'mlx'", message);
        Assert.Contains(TestRuntime.Name, message);
    }

    [Fact]
    public void LoadModel_OfAFileThatIsNone_SaysWhatLlamaSaid()
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, "this is no model");
        var error = Assert.Throws<EngineException>(() => TestRuntime.Instance.LoadModel(path, new ModelLoading(false, default, true)));
        File.Delete(path);
        Assert.Contains(path, error.Message);
        Assert.DoesNotContain("no reason", error.Message);
    }

    [Fact]
    public void CreateContext_BeyondAnyMemory_IsRefusedAndNotUsed()
    {
        using var model = TestRuntime.Instance.LoadModel(TestModels.DemoPath(), new ModelLoading(false, default, true));
        var error = Assert.Throws<EngineException>(() => model.CreateContext(new ContextSettings
        {
            KvCells = int.MaxValue / 2,
            MaxStepTokens = 8,
            MaxSequences = 1,
            MaxOutputs = 8,
            Threads = 1,
            FlashAttention = true,
            KvType = 0,
        }));
        Assert.Contains("is memory short?", error.Message);
    }
}
