using System.Runtime.InteropServices;
using E2LLM.Core.Errors;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.LlamaCpp;

/// <summary>KV cache and scratch memory for a model. Keeps its model and its thread pool alive.</summary>
internal sealed class LlamaContextHandle() : SafeHandle(0, ownsHandle: true)
{
    private LlamaModelHandle? _model;
    private GgmlThreadpoolHandle? _threadpool;

    public override bool IsInvalid => handle == 0;

    /// <exception cref="EngineException">llama.cpp refused, most often because memory is short; carries what it logged.</exception>
    public static LlamaContextHandle Create(LlamaModelHandle model, LlamaContextParams parameters, GgmlThreadpoolHandle threadpool)
    {
        using var errors = NativeLog.CaptureErrors();
        var context = new LlamaContextHandle();
        context.SetHandle(NativeMethods.llama_init_from_model(model, parameters));
        if (context.IsInvalid)
        {
            context.Dispose();
            throw new EngineException(
                $"llama.cpp could not make a context of {parameters.ContextTokens} KV cells and {parameters.BatchTokens} rows a step " +
                $"(is memory short?): {errors}");
        }
        Retain(model);
        context._model = model;
        Retain(threadpool);
        context._threadpool = threadpool;
        NativeMethods.llama_attach_threadpool(context.handle, threadpool, threadpool);
        return context;
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.llama_free(handle);
        _threadpool?.DangerousRelease();
        _model?.DangerousRelease();
        return true;
    }

    private static void Retain(SafeHandle parent)
    {
        var added = false;
        parent.DangerousAddRef(ref added);
    }
}
