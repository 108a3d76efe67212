using E2LLM.Core.Errors;

namespace E2LLM.Core.Weights;

/// <summary>Pieces of a model's files that this machine has, for others to ask for. Thread-safe.</summary>
public interface IPieceSource
{
    WeightsManifest Manifest { get; }

    /// <summary>Whether all pieces are here.</summary>
    bool IsWhole { get; }

    bool Has(int piece);

    /// <summary>Fills the buffer with bytes of a piece.</summary>
    /// <exception cref="E2LlmException">They are not here, or not what they were.</exception>
    void Read(int piece, int offsetBytes, Span<byte> destination);
}
