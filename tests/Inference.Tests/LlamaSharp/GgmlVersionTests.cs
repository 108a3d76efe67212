using E2LLM.Core.Errors;
using E2LLM.Inference.LlamaSharp;

namespace E2LLM.Inference.Tests.LlamaSharp;

public sealed class GgmlVersionTests
{
    [Theory]
    [InlineData("0.18.0", "815a2a591")]
    [InlineData("0.18.0-dev", "815a2a591f00")]
    [InlineData("0.18.0", "unknown")]
    public void Check_OfTheRightBuild_Passes(string version, string commit) => GgmlVersion.Check(version, commit, "libllama.so");

    [Theory]
    [InlineData("0.25.1", "815a2a591", "0.25.1")]
    [InlineData("0.18.0", "0123abcde", "0123abcde")]
    [InlineData("", "", "libllama.so")]
    public void Check_OfAnother_NamesBothAndTheFile(string version, string commit, string named)
    {
        var message = Assert.Throws<ConfigurationException>(() => GgmlVersion.Check(version, commit, "/opt/libllama.so")).Message;
        Assert.Contains(GgmlVersion.Commit, message);
        Assert.Contains(named, message);
        Assert.Contains("/opt/libllama.so", message);
    }

    [Theory]
    [InlineData("libgomp.so.1: cannot open shared object file", "libgomp1")]
    [InlineData("/lib/libm.so.6: version `GLIBC_2.38' not found", "E2LLM:Engine:LibraryPath")]
    [InlineData("wrong ELF class", "")]
    public void Remedy_OfWhatTheLoaderSays_NamesWhatIsMissing(string loaderMessage, string named) =>
        Assert.Contains(named, LlamaSharpLoader.Remedy(loaderMessage));
}
