using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using E2LLM.Core.Errors;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.LlamaSharp;

/// <summary>The libraries of a llama.cpp build in one folder.</summary>
/// <param name="Directory">Absolute.</param>
/// <param name="GgmlBase">Path of libggml-base.</param>
/// <param name="Llama">Path of libllama.</param>
/// <param name="Between">What libllama needs besides, in the order in which it is to be loaded: the next ones refer to those before by name.</param>
internal sealed record LibraryFolder(string Directory, string GgmlBase, string Llama, IReadOnlyList<string> Between)
{
    // As the packages name their folders, and the library of the driver without which they are of no use. The best first.
    private static readonly (string Folder, string WindowsDriver, string Driver)[] Gpus =
    [
        ("cuda13", "nvcuda.dll", "libcuda.so.1"),
        ("cuda12", "nvcuda.dll", "libcuda.so.1"),
        ("vulkan", "vulkan-1.dll", "libvulkan.so.1"),
    ];

    private static readonly string[] GpuBackends = ["ggml-cuda", "ggml-vulkan"];

    /// <summary>
    /// The folder to load from: the option, the environment variable, or a packaged one: for a GPU where both the package and the driver are
    /// there, else for this processor.
    /// </summary>
    public static string Find(LlamaLibraryOptions options, Func<string, string?> environment) =>
        options.FindNamedFolder(environment) ?? FindPackaged(Path.Combine(AppContext.BaseDirectory, "runtimes", Platform, "native"), HasLibrary);

    /// <param name="native">The packaged libraries of this platform.</param>
    /// <param name="hasLibrary">Whether the system has a shared library of this name.</param>
    internal static string FindPackaged(string native, Predicate<string> hasLibrary)
    {
        foreach (var (folder, windowsDriver, driver) in Gpus)
            if (Path.Combine(native, folder) is var gpu && System.IO.Directory.Exists(gpu) && hasLibrary(OperatingSystem.IsWindows() ? windowsDriver : driver))
                return gpu;
        return Path.Combine(native, Variant);
    }

    /// <exception cref="ConfigurationException">The folder or one of the libraries is missing.</exception>
    public static LibraryFolder Open(string directory)
    {
        if (!System.IO.Directory.Exists(directory))
            throw new ConfigurationException($"There is no folder '{directory}' with the llama.cpp libraries. {Advice}");
        return new LibraryFolder(directory, Require("ggml-base"), Require("llama"), [.. BetweenOf(directory)]);

        string Require(string library) => PathOf(directory, library) is var path && File.Exists(path)
            ? path
            : throw new ConfigurationException($"'{directory}' has no {library} library ({path}). {Advice}");
    }

    // A GPU's package has all but the processor's backend, and nothing in it says where that lies.
    private static IEnumerable<string> BetweenOf(string directory)
    {
        string[] backends = [.. GpuBackends.Select(backend => PathOf(directory, backend)).Where(File.Exists)];
        if (backends.Length == 0 || File.Exists(PathOf(directory, "ggml-cpu")))
            return [];
        var cpu = PathOf(Path.Combine(directory, "..", Variant), "ggml-cpu");
        return File.Exists(cpu)
            ? [Path.GetFullPath(cpu), .. backends, PathOf(directory, "ggml")]
            : throw new ConfigurationException(
                $"'{directory}' has no ggml-cpu library, and neither has the folder for this processor beside it ({Path.GetFullPath(cpu)}). {Advice}");
    }

    private static string PathOf(string directory, string library) => Path.Combine(directory, $"{Prefix}{library}{Extension}");

    private static bool HasLibrary(string name)
    {
        if (!NativeLibrary.TryLoad(name, out var library))
            return false;
        NativeLibrary.Free(library);
        return true;
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
