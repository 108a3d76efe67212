namespace E2LLM.Inference.Runtimes;

/// <summary>
/// One build of llama.cpp in this process, and the binding to it: all that engines, tokenizers and samplers need of either. What is
/// passed must have been checked: llama.cpp aborts the process on some of the wrong arguments.
/// </summary>
internal unsafe interface ILlamaRuntime
{
    /// <summary>What it can compute on; a CPU at least.</summary>
    IReadOnlyList<ComputeDevice> Devices { get; }

    /// <summary>ggml's own conversion of a row to floats.</summary>
    /// <param name="ggmlType">ggml_type; not F32.</param>
    delegate* unmanaged[Cdecl]<void*, float*, long, void> ToFloat(int ggmlType);

    /// <summary>ggml_backend_tensor_get, to be called while a graph runs.</summary>
    delegate* unmanaged[Cdecl]<GgmlTensor*, void*, nuint, nuint, void> ReadTensor { get; }

    /// <exception cref="Core.Errors.EngineException">llama.cpp refused the file; carries what it logged.</exception>
    ILlamaModel LoadModel(string path, ModelLoading loading);

    ILlamaSampler CreateSampler();

    /// <summary>Lays messages out by a template, and opens the assistant's answer.</summary>
    /// <returns>Null for a template that llama.cpp does not know.</returns>
    string? ApplyTemplate(string template, IReadOnlyList<(string Role, string Content)> messages);
}
