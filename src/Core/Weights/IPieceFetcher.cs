using E2LLM.Core.Errors;

namespace E2LLM.Core.Weights;

/// <summary>Brings pieces here from whoever has them.</summary>
public interface IPieceFetcher
{
    /// <summary>Ends when every piece has been taken in.</summary>
    /// <exception cref="E2LlmException">Nobody has had anything to give for too long; names who was asked. What came stays.</exception>
    Task FetchAsync(PieceOrder order, CancellationToken cancellationToken);
}
