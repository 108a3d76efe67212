using System.Reflection;
using System.Runtime.InteropServices;
using E2LLM.Core.Configuration;
using E2LLM.Core.Errors;
using Microsoft.Extensions.Logging;

namespace E2LLM.Inference.Native;

/// <summary>The llama.cpp library of this process: found, loaded and checked once.</summary>
/// <remarks>Native libraries are process-wide, and so is this. Loading it again from the same folder does nothing.</remarks>
public static unsafe class LlamaLibrary
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, nint> Libraries = [];
    private static string? s_directory;
    private static ConfigurationException? s_failure;

    /// <summary>The version that this build of E2LLM is written for.</summary>
    public static string Version => LlamaVersion.Expected;

    /// <summary>Names of the compute devices that the library found ("CPU: AMD EPYC …"); empty before it is loaded.</summary>
    public static IReadOnlyList<string> Devices { get; private set; } = [];

    /// <param name="options">Where it lies.</param>
    /// <param name="logger">Gets llama.cpp's log from now on; null leaves it as it is (at first: silent).</param>
    /// <exception cref="ConfigurationException">Missing, of another version or layout, or loaded from another folder before.</exception>
    public static void Load(LlamaLibraryOptions options, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        new OptionErrors(LlamaLibraryOptions.Section).CheckRanges(options).ThrowIfAny();
        if (logger is not null)
            NativeLog.SetLogger(logger);
        var directory = Path.GetFullPath(LlamaLibraryLocator.FindDirectory(options, Environment.GetEnvironmentVariable));
        lock (Gate)
        {
            if (s_directory == directory)
                return;
            if (s_directory is not null)
                throw new ConfigurationException(
                    $"llama.cpp was loaded from '{s_directory}' already; one process cannot load it from '{directory}' too.");
            // What has been loaded cannot be taken back, so a library that was refused stays refused.
            if (s_failure is not null)
                throw s_failure;
            var files = LlamaLibraryLocator.Locate(directory);
            try
            {
                LoadOnce(files);
                s_directory = directory;
            }
            catch (ConfigurationException error)
            {
                s_failure = error;
                throw;
            }
        }
    }

    private static void LoadOnce(LlamaLibraryLocator files)
    {
        StructLayouts.Check();
        // In the order of their dependencies, so that each finds the ones before it already loaded.
        Libraries[NativeMethods.GgmlBase] = LoadFile(files.GgmlBase);
        Libraries[NativeMethods.Ggml] = LoadFile(files.Ggml);
        var llama = LoadFile(files.Llama);
        LlamaVersion.Check(LlamaVersion.Read(llama), files.Llama);
        Libraries[NativeMethods.Llama] = llama;
        NativeLibrary.SetDllImportResolver(typeof(NativeMethods).Assembly, Resolve);
        StructLayouts.CheckDefaults(NativeMethods.llama_model_default_params(), NativeMethods.llama_context_default_params());
        NativeMethods.llama_log_set(NativeLog.Callback, null);
        NativeMethods.ggml_backend_load_all_from_path(files.Directory);
        NativeMethods.llama_backend_init();
        Devices = ReadDevices();
        if (Devices.Count == 0)
            throw new ConfigurationException($"'{files.Directory}' has no ggml backend for this CPU (libggml-cpu-*).");
    }

    private static nint LoadFile(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            throw new ConfigurationException($"'{path}' could not be loaded: {error.Message}", error);
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath) => Libraries.GetValueOrDefault(name);

    private static string[] ReadDevices()
    {
        var devices = new string[(int)NativeMethods.ggml_backend_dev_count()];
        for (var index = 0; index < devices.Length; index++)
        {
            var device = NativeMethods.ggml_backend_dev_get((nuint)index);
            devices[index] =
                $"{Text(NativeMethods.ggml_backend_dev_name(device))}: {Text(NativeMethods.ggml_backend_dev_description(device))}";
        }
        return devices;

        static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
    }
}
