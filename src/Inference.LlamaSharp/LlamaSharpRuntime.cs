using System.Text;
using E2LLM.Core.Errors;
using E2LLM.Inference.Runtimes;
using LLama;
using LLama.Exceptions;
using LLama.Native;

namespace E2LLM.Inference.LlamaSharp;

/// <summary>llama.cpp as LLamaSharp 0.30.0 brings it.</summary>
internal sealed unsafe class LlamaSharpRuntime(IReadOnlyList<ComputeDevice> devices, nint readTensor) : ILlamaRuntime
{
    public IReadOnlyList<ComputeDevice> Devices => devices;

    public delegate* unmanaged[Cdecl]<GgmlTensor*, void*, nuint, nuint, void> ReadTensor =>
        (delegate* unmanaged[Cdecl]<GgmlTensor*, void*, nuint, nuint, void>)readTensor;

    public delegate* unmanaged[Cdecl]<void*, float*, long, void> ToFloat(int ggmlType) => NativeMethods.ggml_get_type_traits(ggmlType)->ToFloat;

    public ILlamaModel LoadModel(string path, ModelLoading loading)
    {
        var parameters = LLamaModelParams.Default();
        parameters.vocab_only = loading.IsVocabularyOnly;
        parameters.n_gpu_layers = loading.Target.GpuLayers;
        if (loading.Target.SingleGpu is { } gpu)
            (parameters.split_mode, parameters.main_gpu) = (GPUSplitMode.None, gpu);
        parameters.use_extra_bufts = loading.Repack;
        using var errors = NativeLog.CaptureErrors();
        try
        {
            return new LlamaSharpModel(SafeLlamaModelHandle.LoadFromFile(path, parameters));
        }
        catch (Exception error) when (error is LoadWeightsFailedException or IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"llama.cpp could not load '{path}': {errors}", error);
        }
    }

    public ILlamaSampler CreateSampler() => new LlamaSharpSampler();

    public string? ApplyTemplate(string template, IReadOnlyList<(string Role, string Content)> messages)
    {
        var frame = new LLamaTemplate(template) { AddAssistant = true };
        foreach (var (role, content) in messages)
            frame.Add(role, content);
        try
        {
            return Encoding.UTF8.GetString(frame.Apply());
        }
        catch (MissingTemplateException)
        {
            return null;
        }
    }
}
