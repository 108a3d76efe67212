using E2LLM.Core.Errors;

namespace E2LLM.Inference.LlamaCpp.Tests.Native;

public sealed class LlamaVersionTests
{
    [Theory]
    [InlineData("0.5.0")]
    [InlineData("0.5.0-dev")]
    public void Check_OfTheRightVersion_Passes(string reported) => LlamaVersion.Check(reported, "libllama.so");

    [Theory]
    [InlineData("0.5.1", "0.5.1")]
    [InlineData("0.50.0", "0.50.0")]
    [InlineData(null, "older")]
    public void Check_OfAnother_NamesBothAndTheFile(string? reported, string named)
    {
        var message = Assert.Throws<ConfigurationException>(() => LlamaVersion.Check(reported, "/opt/libllama.so")).Message;
        Assert.Contains("0.5.0", message);
        Assert.Contains(named, message);
        Assert.Contains("/opt/libllama.so", message);
    }
}
