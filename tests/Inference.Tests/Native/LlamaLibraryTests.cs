using E2LLM.Core.Errors;
using E2LLM.Inference.Native;

namespace E2LLM.Inference.Tests.Native;

public sealed class LlamaLibraryTests
{
    [Fact]
    public void Load_OfThePackagedLibrary_FindsTheProcessor()
    {
        LlamaLibrary.Load(new LlamaLibraryOptions());
        LlamaLibrary.Load(new LlamaLibraryOptions());
        Assert.Contains(LlamaLibrary.Devices, device => device.StartsWith("CPU", StringComparison.Ordinal));
    }

    [Fact]
    public void Load_FromAnotherFolderAfterwards_NamesBoth()
    {
        LlamaLibrary.Load(new LlamaLibraryOptions());
        var elsewhere = new LlamaLibraryOptions { LibraryPath = "/opt/llama" };
        var message = Assert.Throws<ConfigurationException>(() => LlamaLibrary.Load(elsewhere)).Message;
        Assert.Contains("/opt/llama", message);
        Assert.Contains(LlamaLibraryLocator.FindDirectory(new LlamaLibraryOptions(), Environment.GetEnvironmentVariable), message);
    }

    [Fact]
    public void CheckDefaults_OfShiftedFields_RefusesTheLibrary()
    {
        LlamaLibrary.Load(new LlamaLibraryOptions());
        var model = NativeMethods.llama_model_default_params();
        var context = NativeMethods.llama_context_default_params();
        StructLayouts.CheckDefaults(model, context);
        context.BatchTokens = context.ContextTokens;
        Assert.Contains("0.5.0", Assert.Throws<ConfigurationException>(() => StructLayouts.CheckDefaults(model, context)).Message);
    }

    [Fact]
    public void LoadModel_OfAFileThatIsNone_SaysWhatLlamaSaid()
    {
        LlamaLibrary.Load(new LlamaLibraryOptions());
        var path = Path.GetTempFileName();
        File.WriteAllText(path, "this is no model");
        var error = Assert.Throws<EngineException>(() => LlamaModelHandle.Load(path, NativeMethods.llama_model_default_params()));
        File.Delete(path);
        Assert.Contains(path, error.Message);
        Assert.DoesNotContain("no reason", error.Message);
    }
}
