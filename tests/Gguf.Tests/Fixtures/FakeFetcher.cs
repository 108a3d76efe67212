using System.Collections.Concurrent;
using E2LLM.Core.Errors;
using E2LLM.Core.Weights;

namespace E2LLM.Gguf.Tests.Fixtures;

/// <summary>Brings pieces from a source in the same process.</summary>
public sealed class FakeFetcher(IPieceSource source) : IPieceFetcher
{
    public WeightsManifest Manifest => source.Manifest;

    /// <summary>Pieces that were asked for, in their order.</summary>
    public ConcurrentQueue<int> Asked { get; } = new();

    /// <summary>After so many pieces it fails.</summary>
    public int Limit { get; set; } = int.MaxValue;

    /// <summary>What each piece is before it is taken in.</summary>
    public Action<int, byte[]> OnTheWay { get; set; } = (_, _) => { };

    public bool HasBeenBelieved { get; private set; } = true;

    public Task FetchAsync(PieceOrder order, CancellationToken cancellationToken)
    {
        foreach (var piece in order.Pieces)
        {
            if (Limit-- == 0)
                throw new E2LlmException("the network is gone", mayRetry: true);
            var bytes = new byte[source.Manifest.Piece(piece).LengthBytes];
            source.Read(piece, 0, bytes);
            OnTheWay(piece, bytes);
            Asked.Enqueue(piece);
            HasBeenBelieved &= order.Take(piece, bytes);
        }
        return HasBeenBelieved ? Task.CompletedTask : throw new E2LlmException("a holder lies", mayRetry: true);
    }
}
