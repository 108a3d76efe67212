using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using E2LLM.Core.Errors;
using E2LLM.Inference.Runtimes;
using LLama.Exceptions;
using LLama.Native;

[assembly: LlamaRuntimeLoader(typeof(E2LLM.Inference.LlamaSharp.LlamaSharpLoader))]

namespace E2LLM.Inference.LlamaSharp;

/// <summary>Has LLamaSharp load llama.cpp, and binds our own imports to the very same libraries.</summary>
internal sealed unsafe class LlamaSharpLoader : LlamaRuntimeLoader
{
    private static readonly Dictionary<string, nint> Libraries = [];

    private static readonly string[] GpuRuntimes = ["cublas", "cudart"];

    public override bool ReadsWindowLists => false;

    public override string FindDirectory(LlamaLibraryOptions options) => LibraryFolder.Find(options, Environment.GetEnvironmentVariable);

    public override ILlamaRuntime Load(string directory)
    {
        var files = LibraryFolder.Open(directory);
        CheckSizes();
        // Before LLamaSharp touches them: it would read garbage from another version, and says little of a library that does not load.
        Libraries[NativeMethods.GgmlBase] = LoadFile(files.GgmlBase);
        foreach (var library in files.Between)
            LoadFile(library);
        Libraries[NativeMethods.Llama] = LoadFile(files.Llama);
        NativeLibrary.SetDllImportResolver(typeof(NativeMethods).Assembly, Resolve);
        if (!NativeLibrary.TryGetExport(Libraries[NativeMethods.GgmlBase], "ggml_version", out _))
            GgmlVersion.Check("an older one that cannot tell its version", "", files.GgmlBase);
        GgmlVersion.Check(Text(NativeMethods.ggml_version()), Text(NativeMethods.ggml_commit()), files.Llama);
        try
        {
            // Before anything else of LLamaSharp is touched: afterwards it takes no configuration.
            NativeLibraryConfig.LLama.WithLibrary(files.Llama);
            NativeApi.llama_empty_call();
        }
        catch (Exception error) when (error is TypeInitializationException or RuntimeError or InvalidOperationException)
        {
            throw new ConfigurationException($"LLamaSharp could not load '{files.Llama}': {error.InnerException?.Message ?? error.Message}", error);
        }
        CheckDefaults(LLamaModelParams.Default(), LLamaContextParams.Default(), files.Llama);
        NativeMethods.llama_log_set(NativeLog.Callback, null);
        var devices = ReadDevices();
        return devices.Length > 0
            ? new LlamaSharpRuntime(devices, NativeLibrary.GetExport(Libraries[NativeMethods.GgmlBase], "ggml_backend_tensor_get"))
            : throw new ConfigurationException($"'{directory}' has no ggml backend for this CPU.");
    }

    /// <exception cref="ConfigurationException">Says what the machine lacks, where that is known.</exception>
    private static nint LoadFile(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            throw new ConfigurationException($"'{path}' could not be loaded: {error.Message}{Remedy(error.Message)}", error);
        }
    }

    /// <summary>What to do about a library that does not load; empty where that is not known.</summary>
    internal static string Remedy(string loaderMessage) => loaderMessage switch
    {
        _ when loaderMessage.Contains("libgomp", StringComparison.Ordinal) =>
            " Install the OpenMP runtime: package libgomp1 (Debian, Ubuntu) or libgomp (Alpine, Fedora).",
        _ when GpuRuntimes.FirstOrDefault(library => loaderMessage.Contains(library, StringComparison.OrdinalIgnoreCase)) is { } library =>
            $" The GPU package needs NVIDIA's CUDA runtime ({library}) of the same major version: install it, or build without -p:E2LlmGpu.",
        _ when loaderMessage.Contains("GLIBC_", StringComparison.Ordinal) =>
            " This system's C library is older than the packaged build needs (glibc 2.38 on arm64). Use a newer system, or build llama.cpp there and set E2LLM:Engine:LibraryPath.",
        _ => "",
    };

    private static void CheckSizes()
    {
        (string Name, int Bytes, int Expected)[] structs =
        [
            (nameof(LLamaModelParams), Unsafe.SizeOf<LLamaModelParams>(), 72),
            (nameof(LLamaContextParams), Unsafe.SizeOf<LLamaContextParams>(), 160),
            (nameof(LLamaTokenDataArrayNative), Unsafe.SizeOf<LLamaTokenDataArrayNative>(), Unsafe.SizeOf<LlamaTokenDataArray>()),
        ];
        if (structs.Where(item => item.Bytes != item.Expected).Select(item => $"{item.Name} has {item.Bytes} bytes instead of {item.Expected}").ToArray() is { Length: > 0 } wrong)
            throw new ConfigurationException($"LLamaSharp is of another version than 0.30.0: {string.Join("; ", wrong)}.");
    }

    /// <summary>A field that was added or moved shows as a default that cannot be, before any of it is acted upon.</summary>
    private static void CheckDefaults(LLamaModelParams model, LLamaContextParams context, string path)
    {
        var isPlausible = model is { vocab_only: false, use_extra_bufts: true, main_gpu: 0 }
            && context is { n_batch: 2048, n_ubatch: 512, n_seq_max: 1, embeddings: false, kv_unified: false }
            && context is { type_k: GGMLType.GGML_TYPE_F16, type_v: GGMLType.GGML_TYPE_F16 };
        if (!isPlausible)
            throw new ConfigurationException(
                $"'{path}' lays its parameters out otherwise than llama.cpp {GgmlVersion.Commit}, though it reports that commit. " +
                "Use the packaged libraries or an unmodified build.");
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath) => Libraries.GetValueOrDefault(name);

    private static ComputeDevice[] ReadDevices()
    {
        var devices = new ComputeDevice[(int)NativeApi.ggml_backend_dev_count()];
        for (var index = 0; index < devices.Length; index++)
        {
            var device = NativeApi.ggml_backend_dev_get((nuint)index);
            nuint free, total;
            NativeMethods.ggml_backend_dev_memory(device, &free, &total);
            devices[index] = new ComputeDevice(
                Text((byte*)NativeApi.ggml_backend_dev_name(device)),
                Text(NativeMethods.ggml_backend_dev_description(device)),
                ComputeDevice.KindOf(NativeMethods.ggml_backend_dev_type(device)),
                (long)total,
                (long)free);
        }
        return devices;
    }

    private static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
}
