using E2LLM.Core.Engines;

namespace E2LLM.Core.Kv;

/// <summary>
/// A stage engine whose KV cache can be taken out and put in, layer by layer, so that a sequence can go on in another replica that
/// is cut otherwise. Calls queue with the steps and run in the order of the calls.
/// </summary>
public interface IKvStageEngine : IStageEngine
{
    /// <summary>Copies positions of a sequence's cache: one block a layer of the slice, in layer order.</summary>
    /// <param name="sequence">An open slot.</param>
    /// <param name="fromPosition">First position.</param>
    /// <param name="toPosition">One past the last; at most what the slot holds.</param>
    /// <param name="cancellationToken">Drops the call while it waits.</param>
    /// <exception cref="Errors.EngineException">The slot is not open or does not hold the positions.</exception>
    Task<IReadOnlyList<KvBlock>> ExportKvAsync(int sequence, int fromPosition, int toPosition, CancellationToken cancellationToken);

    /// <summary>Fills an open, empty slot with the positions 0 to <paramref name="positions"/> - 1.</summary>
    /// <param name="sequence">An open slot without any position.</param>
    /// <param name="positions">At least 1.</param>
    /// <param name="blocks">For every layer of the slice, blocks that cover the positions without gap or overlap, in any order. Disposed.</param>
    /// <param name="cancellationToken">Drops the call while it waits.</param>
    /// <exception cref="Errors.EngineException">
    /// The slot is not open and empty, too few cells are free, or the blocks do not fit: another row size, a gap, an overlap, a foreign
    /// layer. The slot stays open and empty.
    /// </exception>
    Task ImportKvAsync(int sequence, int positions, IReadOnlyList<KvBlock> blocks, CancellationToken cancellationToken);
}
