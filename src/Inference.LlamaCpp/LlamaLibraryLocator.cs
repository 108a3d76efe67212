using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using E2LLM.Core.Errors;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.LlamaCpp;

/// <summary>Finds the three libraries of llama.cpp in a folder, whatever a build calls them.</summary>
/// <param name="Directory">Absolute; the CPU and GPU backends are loaded from it too.</param>
/// <param name="GgmlBase">Path of libggml-base.</param>
/// <param name="Ggml">Path of libggml, or of libggml.v0.5.0 and such.</param>
/// <param name="Llama">Path of libllama.</param>
internal sealed partial record LlamaLibraryLocator(string Directory, string GgmlBase, string Ggml, string Llama)
{
    /// <summary>The folder to load from: the option, the environment variable, the path given to the build, or the packaged one.</summary>
    public static string FindDirectory(LlamaLibraryOptions options, Func<string, string?> environment) =>
        options.FindNamedFolder(environment)
        ?? Metadata("E2LLM.NativePath")
        ?? Path.Combine(AppContext.BaseDirectory, "runtimes", $"llamacpp-{Metadata("E2LLM.NativePackage") ?? "none"}", "native");

    /// <exception cref="ConfigurationException">The folder or one of the libraries is missing.</exception>
    public static LlamaLibraryLocator Locate(string directory)
    {
        directory = Path.GetFullPath(directory);
        if (!System.IO.Directory.Exists(directory))
            throw new ConfigurationException($"There is no folder '{directory}' with the llama.cpp libraries. {Advice}");
        var names = System.IO.Directory.EnumerateFiles(directory).Select(Path.GetFileName).OfType<string>().ToArray();
        return new LlamaLibraryLocator(
            directory, Find(GgmlBaseName(), "ggml-base"), Find(GgmlName(), "ggml"), Find(LlamaName(), "llama"));

        string Find(Regex pattern, string library)
        {
            // The shortest name: libllama.so before libllama.0.so, which a build of one's own may link to it.
            return names.Where(name => pattern.IsMatch(name)).OrderBy(name => name.Length).ThenBy(name => name).FirstOrDefault() is { } name
                ? Path.Combine(directory, name)
                : throw new ConfigurationException($"'{directory}' has no {library} library ({Extension} file). {Advice}");
        }
    }

    private static string Advice =>
        "Build the program with the packaged libraries, or set E2LLM:Engine:LibraryPath " +
        $"({LlamaLibraryOptions.LibraryPathVariable}) to a folder with a llama.cpp v{LlamaVersion.Expected} build (shared libraries).";

    private static string Extension =>
        RuntimeInformation.IsOSPlatform(OSPlatform.Windows) ? ".dll" : RuntimeInformation.IsOSPlatform(OSPlatform.OSX) ? ".dylib" : ".so";

    private static string? Metadata(string key) =>
        typeof(LlamaLibraryLocator).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(item => item.Key == key)?.Value;

    // libllama.so, libllama.v0.5.0.so, libllama.cuda.v0.5.0.so, llama.dll, libllama.0.dylib; not libllama-common.so.
    [GeneratedRegex(@"^(lib)?llama(\.[^-]+)?\.(so|dylib|dll)$")]
    private static partial Regex LlamaName();

    [GeneratedRegex(@"^(lib)?ggml(\.[^-]+)?\.(so|dylib|dll)$")]
    private static partial Regex GgmlName();

    [GeneratedRegex(@"^(lib)?ggml-base(\.[^-]+)?\.(so|dylib|dll)$")]
    private static partial Regex GgmlBaseName();
}
