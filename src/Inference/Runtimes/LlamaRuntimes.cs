using System.Reflection;
using E2LLM.Core.Configuration;
using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Gguf.Slicing;
using Microsoft.Extensions.Logging;

namespace E2LLM.Inference.Runtimes;

/// <summary>The llama.cpp of this process: chosen by name, found, loaded and checked once.</summary>
/// <remarks>
/// Native libraries are process-wide, and so is this: those of two runtimes have the same names and would mix. Loading the same one
/// again does nothing.
/// </remarks>
public static class LlamaRuntimes
{
    private const string AssemblyPrefix = "E2LLM.Inference.";

    private static readonly Lock Gate = new();
    private static (string Name, string Directory, ILlamaRuntime Runtime)? s_loaded;
    private static ConfigurationException? s_failure;

    /// <summary>Names of the compute devices that the loaded runtime found ("CPU: AMD EPYC …"); empty before one is loaded.</summary>
    public static IReadOnlyList<string> Devices => [.. (s_loaded?.Runtime.Devices ?? []).Select(device => $"{device.Name}: {device.Description}")];

    /// <summary>The assemblies of the runtimes of this build, by the runtimes' names.</summary>
    private static readonly SortedDictionary<string, string> Assemblies = new(
        Directory.EnumerateFiles(AppContext.BaseDirectory, AssemblyPrefix + "*.dll").Select(path => Path.GetFileNameWithoutExtension(path))
            .Where(assembly => assembly.IndexOf('.', AssemblyPrefix.Length) < 0 && assembly != AssemblyPrefix + "Tests")
            .ToDictionary(assembly => assembly[AssemblyPrefix.Length..].ToLowerInvariant()),
        StringComparer.Ordinal);

    /// <summary>The runtimes of this build, by name.</summary>
    public static IReadOnlyList<string> Installed { get; } = [.. Assemblies.Keys];

    /// <param name="options">Which one, and where it lies.</param>
    /// <param name="logger">Gets llama.cpp's log from now on; null leaves it as it is (at first: silent).</param>
    /// <exception cref="ConfigurationException">Not installed, of another version or layout, or another one was loaded before.</exception>
    public static void Load(LlamaLibraryOptions options, ILogger? logger = null) => Get(options, logger);

    /// <summary>What the runtime can compute on; loads it.</summary>
    /// <inheritdoc cref="Load"/>
    public static IReadOnlyList<ComputeDevice> FindDevices(LlamaLibraryOptions options) => Get(options).Devices;

    /// <summary>The model, with the cuts that a runtime can make of it.</summary>
    /// <exception cref="ConfigurationException">The runtime is not installed.</exception>
    public static ModelSpec CutAs(ModelSpec model, LlamaLibraryOptions options) => model with
    {
        CutPeriodLayers = ReadsWindowLists(options) || model.LayerWindowTokens.IsDefaultOrEmpty
            ? 1
            : WindowPeriods.CutPeriodLayers([.. model.LayerWindowTokens.Select(window => window > 0)]),
    };

    /// <inheritdoc cref="LlamaRuntimeLoader.ReadsWindowLists"/>
    /// <exception cref="ConfigurationException">The runtime is not installed.</exception>
    internal static bool ReadsWindowLists(LlamaLibraryOptions options) => FindLoader(options.Runtime.ToLowerInvariant()).ReadsWindowLists;

    /// <inheritdoc cref="Load"/>
    internal static ILlamaRuntime Get(LlamaLibraryOptions options, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        new OptionErrors(LlamaLibraryOptions.Section).CheckRanges(options).ThrowIfAny();
        if (logger is not null)
            NativeLog.SetLogger(logger);
        var name = options.Runtime.ToLowerInvariant();
        var loader = FindLoader(name);
        var directory = Path.GetFullPath(loader.FindDirectory(options));
        lock (Gate)
        {
            if (s_loaded is { } loaded)
                return (loaded.Name, loaded.Directory) == (name, directory) ? loaded.Runtime : throw new ConfigurationException(
                    $"llama.cpp was loaded by runtime '{loaded.Name}' from '{loaded.Directory}' already; one process cannot load it by '{name}' from '{directory}' too.");
            // What has been loaded cannot be taken back, so a library that was refused stays refused.
            if (s_failure is not null)
                throw s_failure;
            try
            {
                var runtime = loader.Load(directory);
                s_loaded = (name, directory, runtime);
                return runtime;
            }
            catch (ConfigurationException error)
            {
                s_failure = error;
                throw;
            }
        }
    }

    internal static bool IsInstalled(string name) => Assemblies.ContainsKey(name.ToLowerInvariant());

    /// <summary>What to say of a name that is none of <see cref="Installed"/>.</summary>
    internal static string NotInstalled(string name) =>
        $"{LlamaLibraryOptions.Section}:{nameof(LlamaLibraryOptions.Runtime)} is '{name}'; this build has: {string.Join(", ", Installed)}. " +
        "Build with -p:E2LlmRuntimes=all for all of them.";

    private static LlamaRuntimeLoader FindLoader(string name)
    {
        var assembly = Assemblies.TryGetValue(name, out var found)
            ? found
            : throw new ConfigurationException(NotInstalled(name));
        return Assembly.Load(new AssemblyName(assembly)).GetCustomAttribute<LlamaRuntimeLoaderAttribute>() is { } attribute
            ? (LlamaRuntimeLoader)Activator.CreateInstance(attribute.Loader)!
            : throw new ConfigurationException($"'{assembly}' is no runtime of E2LLM: it names no loader.");
    }
}
