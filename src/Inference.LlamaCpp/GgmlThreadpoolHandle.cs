using System.Runtime.InteropServices;
using E2LLM.Core.Errors;

namespace E2LLM.Inference.LlamaCpp;

/// <summary>
/// The threads of one engine. Without one, ggml starts and ends threads for every graph (the prebuilt libraries have no OpenMP).
/// Not to be shared by engines: two graphs at once in one pool are not safe.
/// </summary>
internal sealed unsafe class GgmlThreadpoolHandle() : SafeHandle(0, ownsHandle: true)
{
    private delegate* unmanaged[Cdecl]<nint, void> _free;

    public override bool IsInvalid => handle == 0;

    /// <param name="threads">Compute threads, the calling one included.</param>
    public static GgmlThreadpoolHandle Create(int threads)
    {
        GgmlThreadpoolParams parameters;
        NativeMethods.ggml_threadpool_params_init(&parameters, threads);
        // The functions live in the CPU library that was picked for this machine, so they are asked for by name.
        var create = (delegate* unmanaged[Cdecl]<GgmlThreadpoolParams*, nint>)FindFunction("ggml_threadpool_new");
        var pool = new GgmlThreadpoolHandle
        {
            _free = (delegate* unmanaged[Cdecl]<nint, void>)FindFunction("ggml_threadpool_free"),
        };
        pool.SetHandle(create(&parameters));
        if (!pool.IsInvalid)
            return pool;
        pool.Dispose();
        throw new EngineException($"ggml could not start a pool of {threads} threads.");
    }

    protected override bool ReleaseHandle()
    {
        _free(handle);
        return true;
    }

    private static nint FindFunction(string name)
    {
        for (nuint index = 0; index < NativeMethods.ggml_backend_reg_count(); index++)
        {
            var function = NativeMethods.ggml_backend_reg_get_proc_address(NativeMethods.ggml_backend_reg_get(index), name);
            if (function != 0)
                return function;
        }
        throw new EngineException($"No backend of the loaded llama.cpp library has {name}.");
    }
}
