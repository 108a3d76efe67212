using E2LLM.Core.Errors;

namespace E2LLM.Inference.LlamaSharp;

/// <summary>The one build of llama.cpp that LLamaSharp's structs fit: LLamaSharp itself checks nothing, and reads garbage from another.</summary>
internal static class GgmlVersion
{
    /// <summary>ggml's version in LLamaSharp.Backend.Cpu 0.30.0.</summary>
    public const string Expected = "0.18.0";

    /// <summary>llama.cpp's commit in LLamaSharp.Backend.Cpu 0.30.0.</summary>
    public const string Commit = "815a2a591";

    /// <param name="version">What the library says, such as "0.18.0" or "0.18.0-dev".</param>
    /// <param name="commit">What the library says; builds by hand may say "unknown" or a longer hash.</param>
    /// <param name="path">The library, for the message.</param>
    /// <exception cref="ConfigurationException">Another version: names both.</exception>
    public static void Check(string version, string commit, string path)
    {
        var isSameCommit = commit is "" or "unknown" || commit.StartsWith(Commit, StringComparison.Ordinal) || Commit.StartsWith(commit, StringComparison.Ordinal);
        if (version.Split('-')[0] != Expected || !isSameCommit)
            throw new ConfigurationException(
                $"Runtime 'llamasharp' needs llama.cpp {Commit} (ggml {Expected}), but '{path}' is {commit} (ggml {version}). Structs differ between " +
                "versions, so it is not used. Remove the library path to get the packaged libraries, or point it at a build of that commit.");
    }
}
