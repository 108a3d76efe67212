using E2LLM.Core.Errors;

namespace E2LLM.Core.Weights;

/// <summary>Pieces that are to be brought here.</summary>
public sealed record PieceOrder
{
    public required WeightsManifest Manifest { get; init; }

    public required IReadOnlyList<int> Pieces { get; init; }

    /// <summary>For people: "layers 4 to 7".</summary>
    public required string What { get; init; }

    /// <summary>
    /// Takes a piece in; called from several threads at once. False: these are not its bytes. Throws <see cref="E2LlmException"/> where it
    /// cannot be kept, which ends the whole order.
    /// </summary>
    public required Func<int, ReadOnlyMemory<byte>, bool> Take { get; init; }
}
