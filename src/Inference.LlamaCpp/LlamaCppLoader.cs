using System.Reflection;
using System.Runtime.InteropServices;
using E2LLM.Core.Errors;
using E2LLM.Inference.Runtimes;

[assembly: LlamaRuntimeLoader(typeof(E2LLM.Inference.LlamaCpp.LlamaCppLoader))]

namespace E2LLM.Inference.LlamaCpp;

/// <summary>Loads llama.cpp v0.5.0, the packaged libraries or a build of one's own.</summary>
internal sealed unsafe class LlamaCppLoader : LlamaRuntimeLoader
{
    private static readonly Dictionary<string, nint> Libraries = [];

    public override bool ReadsWindowLists => true;

    public override string FindDirectory(LlamaLibraryOptions options) =>
        LlamaLibraryLocator.FindDirectory(options, Environment.GetEnvironmentVariable);

    public override ILlamaRuntime Load(string directory)
    {
        var files = LlamaLibraryLocator.Locate(directory);
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
        var devices = ReadDevices();
        return devices.Length > 0
            ? new LlamaCppRuntime(devices, NativeLibrary.GetExport(Libraries[NativeMethods.GgmlBase], "ggml_backend_tensor_get"))
            : throw new ConfigurationException($"'{files.Directory}' has no ggml backend for this CPU (libggml-cpu-*).");
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

    private static ComputeDevice[] ReadDevices()
    {
        var devices = new ComputeDevice[(int)NativeMethods.ggml_backend_dev_count()];
        for (var index = 0; index < devices.Length; index++)
        {
            var device = NativeMethods.ggml_backend_dev_get((nuint)index);
            nuint free, total;
            NativeMethods.ggml_backend_dev_memory(device, &free, &total);
            devices[index] = new ComputeDevice(
                Text(NativeMethods.ggml_backend_dev_name(device)),
                Text(NativeMethods.ggml_backend_dev_description(device)),
                ComputeDevice.KindOf(NativeMethods.ggml_backend_dev_type(device)),
                (long)total,
                (long)free);
        }
        return devices;

        static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
    }
}
