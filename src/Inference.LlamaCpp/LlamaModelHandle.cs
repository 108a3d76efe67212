using System.Runtime.InteropServices;
using E2LLM.Core.Errors;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.LlamaCpp;

/// <summary>A loaded model file.</summary>
internal sealed class LlamaModelHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    /// <exception cref="EngineException">llama.cpp refused the file; carries what it logged.</exception>
    public static LlamaModelHandle Load(string path, LlamaModelParams parameters)
    {
        using var errors = NativeLog.CaptureErrors();
        var model = new LlamaModelHandle();
        model.SetHandle(NativeMethods.llama_model_load_from_file(path, parameters));
        if (!model.IsInvalid)
            return model;
        model.Dispose();
        throw new EngineException($"llama.cpp could not load '{path}': {errors}");
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.llama_model_free(handle);
        return true;
    }
}
