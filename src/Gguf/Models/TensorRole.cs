namespace E2LLM.Gguf.Models;

/// <summary>What a tensor is used for, which says how it may be stored and what it costs.</summary>
public enum TensorRole
{
    /// <summary>Norms, biases, RoPE factors, attention sinks. ggml adds and multiplies them element by element and wants F32.</summary>
    Vector,

    /// <summary>A weight that every token is multiplied by.</summary>
    Matrix,

    /// <summary>Weights of all experts, of which a token visits some.</summary>
    Experts,
}
