using System.Runtime.InteropServices;
using System.Text;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.LlamaCpp;

/// <summary>llama.cpp v0.5.0.</summary>
internal sealed unsafe class LlamaCppRuntime(IReadOnlyList<ComputeDevice> devices, nint readTensor) : ILlamaRuntime
{
    public IReadOnlyList<ComputeDevice> Devices => devices;

    public delegate* unmanaged[Cdecl]<GgmlTensor*, void*, nuint, nuint, void> ReadTensor =>
        (delegate* unmanaged[Cdecl]<GgmlTensor*, void*, nuint, nuint, void>)readTensor;

    public delegate* unmanaged[Cdecl]<void*, float*, long, void> ToFloat(int ggmlType) => NativeMethods.ggml_get_type_traits(ggmlType)->ToFloat;

    public ILlamaModel LoadModel(string path, ModelLoading loading)
    {
        var parameters = NativeMethods.llama_model_default_params();
        parameters.VocabOnly = loading.IsVocabularyOnly ? (byte)1 : (byte)0;
        parameters.GpuLayers = loading.Target.GpuLayers;
        if (loading.Target.SingleGpu is { } gpu)
            (parameters.SplitMode, parameters.MainGpu) = (LlamaModelParams.NoSplit, gpu);
        parameters.UseExtraBufferTypes = loading.Repack ? (byte)1 : (byte)0;
        return new LlamaCppModel(LlamaModelHandle.Load(path, parameters));
    }

    public ILlamaSampler CreateSampler() => new LlamaCppSampler();

    public string? ApplyTemplate(string template, IReadOnlyList<(string Role, string Content)> messages)
    {
        using var memory = new Utf8Strings();
        var native = new LlamaChatMessage[messages.Count];
        for (var index = 0; index < native.Length; index++)
            native[index] = new LlamaChatMessage { Role = memory.Add(messages[index].Role), Content = memory.Add(messages[index].Content) };
        var source = memory.Add(template);
        var buffer = new byte[template.Length + 256 * (native.Length + 1)];
        var length = Apply(source, native, buffer);
        if (length > buffer.Length)
        {
            buffer = new byte[length];
            length = Apply(source, native, buffer);
        }
        return length >= 0 ? Encoding.UTF8.GetString(buffer, 0, length) : null;
    }

    private static int Apply(byte* template, LlamaChatMessage[] messages, byte[] buffer)
    {
        fixed (LlamaChatMessage* first = messages)
        fixed (byte* destination = buffer)
            return NativeMethods.llama_chat_apply_template(
                template, first, (nuint)messages.Length, openAssistant: 1, destination, buffer.Length);
    }

    /// <summary>Zero-terminated UTF-8 copies that live as long as this does.</summary>
    private sealed class Utf8Strings : IDisposable
    {
        private readonly List<nint> _strings = [];

        public byte* Add(string text)
        {
            var copy = Marshal.StringToCoTaskMemUTF8(text);
            _strings.Add(copy);
            return (byte*)copy;
        }

        public void Dispose() => _strings.ForEach(Marshal.FreeCoTaskMem);
    }
}
