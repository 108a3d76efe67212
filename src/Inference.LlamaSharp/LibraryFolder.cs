using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using E2LLM.Core.Errors;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.LlamaSharp;

/// <summary>The libraries of a llama.cpp build in one folder.</summary>
/// <param name="Directory">Absolute.</param>
/// <param name="GgmlBase">Path of libggml-base.</param>
/// <param name="Llama">Path of libllama.</param>
internal sealed record LibraryFolder(string Directory, string GgmlBase, string Llama)
{
    /// <summary>The folder to load from: the option, the environment variable, or the packaged one for this processor.</summary>
    public static string Find(LlamaLibraryOptions options, Func<string, string?> environment) =>
        options.FindNamedFolder(environment)
        ?? Path.Combine(AppContext.BaseDirectory, "runtimes", Platform, "native", Variant);

    /// <exception cref="ConfigurationException">The folder or one of the libraries is missing.</exception>
    public static LibraryFolder Open(string directory)
    {
        if (!System.IO.Directory.Exists(directory))
            throw new ConfigurationException($"There is no folder '{directory}' with the llama.cpp libraries. {Advice}");
        return new LibraryFolder(directory, PathOf("ggml-base"), PathOf("llama"));

        string PathOf(string library)
        {
            var path = Path.Combine(directory, $"{Prefix}{library}{Extension}");
            return File.Exists(path) ? path : throw new ConfigurationException($"'{directory}' has no {library} library ({path}). {Advice}");
        }
    }

    private static string Advice =>
        $"Build the program for this platform (-p:E2LlmNativeRids={Platform}), or set E2LLM:Engine:LibraryPath " +
        $"({LlamaLibraryOptions.LibraryPathVariable}) to a folder with a build of llama.cpp {GgmlVersion.Commit} (shared libraries).";

    private static string Prefix => OperatingSystem.IsWindows() ? "" : "lib";

    private static string Extension => OperatingSystem.IsWindows() ? ".dll" : OperatingSystem.IsMacOS() ? ".dylib" : ".so";

    /// <summary>As the package names it.</summary>
    private static string Platform =>
        (OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal) ? "linux-musl" : "linux")
        + "-" + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    /// <summary>The subfolder for this processor: LLamaSharp makes the same choice, and does not tell which.</summary>
    private static string Variant =>
        RuntimeInformation.ProcessArchitecture != Architecture.X64 || OperatingSystem.IsMacOS() ? ""
        : Avx512BW.IsSupported && Avx512Vbmi.IsSupported ? "avx512"
        : Avx2.IsSupported ? "avx2"
        : Avx.IsSupported ? "avx"
        : "noavx";
}
