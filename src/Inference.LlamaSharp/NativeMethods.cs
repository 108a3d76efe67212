using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using E2LLM.Inference.Runtimes;
using LLama.Native;

// Structs from other assemblies are passed as they lie in memory where nothing is marshalled at run time.
[assembly: DisableRuntimeMarshalling]

namespace E2LLM.Inference.LlamaSharp;

/// <summary>
/// What slices need of llama.cpp and LLamaSharp has no public way to, bound to the libraries that LLamaSharp loaded. Names are
/// llama.cpp's own.
/// </summary>
internal static unsafe partial class NativeMethods
{
    internal const string Llama = "llama";
    internal const string GgmlBase = "ggml-base";

    /// <summary>LLamaSharp's own Decode lets one engine of the process compute at a time, and pins a batch row by row.</summary>
    [LibraryImport(Llama)]
    internal static partial int llama_decode(SafeLLamaContextHandle context, LlamaBatch batch);

    [LibraryImport(Llama)]
    internal static partial void llama_log_set(delegate* unmanaged[Cdecl]<int, byte*, void*, void> callback, void* state);

    [LibraryImport(Llama)]
    internal static partial nint llama_model_get_vocab(SafeLlamaModelHandle model);

    [LibraryImport(Llama)]
    internal static partial byte* llama_vocab_get_text(nint vocabulary, int token);

    [LibraryImport(GgmlBase)]
    internal static partial byte* ggml_version();

    [LibraryImport(GgmlBase)]
    internal static partial byte* ggml_commit();

    [LibraryImport(GgmlBase)]
    internal static partial byte* ggml_backend_dev_description(nint device);

    [LibraryImport(GgmlBase)]
    internal static partial int ggml_backend_dev_type(nint device);

    [LibraryImport(GgmlBase)]
    internal static partial void ggml_backend_dev_memory(nint device, nuint* free, nuint* total);

    [LibraryImport(GgmlBase)]
    internal static partial GgmlTypeTraits* ggml_get_type_traits(int type);
}
