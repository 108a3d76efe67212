using System.Runtime.InteropServices;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.LlamaCpp;

/// <summary>The functions of llama.cpp v0.5.0 that E2LLM calls. Names are llama.cpp's own.</summary>
internal static unsafe partial class NativeMethods
{
    internal const string Llama = "llama";

    [LibraryImport(Llama)]
    internal static partial void llama_log_set(delegate* unmanaged[Cdecl]<int, byte*, void*, void> callback, void* state);

    [LibraryImport(Llama)]
    internal static partial void llama_backend_init();

    [LibraryImport(Llama)]
    internal static partial LlamaModelParams llama_model_default_params();

    [LibraryImport(Llama)]
    internal static partial LlamaContextParams llama_context_default_params();

    [LibraryImport(Llama, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint llama_model_load_from_file(string path, LlamaModelParams parameters);

    [LibraryImport(Llama)]
    internal static partial void llama_model_free(nint model);

    [LibraryImport(Llama)]
    internal static partial nint llama_init_from_model(LlamaModelHandle model, LlamaContextParams parameters);

    [LibraryImport(Llama)]
    internal static partial void llama_free(nint context);

    [LibraryImport(Llama)]
    internal static partial int llama_model_n_embd(LlamaModelHandle model);

    [LibraryImport(Llama)]
    internal static partial int llama_model_n_layer(LlamaModelHandle model);

    [LibraryImport(Llama)]
    internal static partial ulong llama_model_size(LlamaModelHandle model);

    [LibraryImport(Llama)]
    internal static partial byte* llama_model_chat_template(LlamaModelHandle model, byte* name);

    [LibraryImport(Llama)]
    internal static partial int llama_decode(LlamaContextHandle context, LlamaBatch batch);

    [LibraryImport(Llama)]
    internal static partial float* llama_get_logits_ith(LlamaContextHandle context, int row);

    [LibraryImport(Llama)]
    internal static partial nint llama_get_memory(LlamaContextHandle context);

    [LibraryImport(Llama)]
    internal static partial byte llama_memory_seq_rm(nint memory, int sequence, int fromPosition, int toPosition);

    [LibraryImport(Llama)]
    internal static partial uint llama_n_batch(LlamaContextHandle context);

    [LibraryImport(Llama)]
    internal static partial uint llama_n_ctx(LlamaContextHandle context);

    [LibraryImport(Llama)]
    internal static partial void llama_attach_threadpool(nint context, GgmlThreadpoolHandle decode, GgmlThreadpoolHandle prefill);
}
