using E2LLM.Core.Errors;
using E2LLM.Core.Kv;

namespace E2LLM.Inference.Kv;

/// <summary>Whether blocks from somewhere else make up the cache of a sequence, all of it and nothing twice.</summary>
internal static class KvBlockCheck
{
    /// <param name="blocks">In any order.</param>
    /// <param name="firstLayer">Of the slice.</param>
    /// <param name="layerCount">Of the slice.</param>
    /// <param name="kRowBytes">What this engine stores.</param>
    /// <param name="vRowBytes">What this engine stores.</param>
    /// <param name="positions">Every layer must have exactly 0 to this - 1.</param>
    /// <exception cref="EngineException">A foreign layer, another row size, a gap, an overlap, or a position too many: names it.</exception>
    public static void Check(IReadOnlyList<KvBlock> blocks, int firstLayer, int layerCount, int kRowBytes, int vRowBytes, int positions)
    {
        foreach (var header in blocks.Select(block => block.Header))
        {
            if (header.Layer < firstLayer || header.Layer >= firstLayer + layerCount)
                throw new EngineException($"a block is of layer {header.Layer}, but the slice has {firstLayer} to {firstLayer + layerCount - 1}");
            if (header.KRowBytes != kRowBytes || header.VRowBytes != vRowBytes)
                throw new EngineException(
                    $"a block of layer {header.Layer} has rows of {header.KRowBytes} + {header.VRowBytes} bytes, but the engine " +
                    $"{kRowBytes} + {vRowBytes}: are model and KvType the same?");
            if (header.FirstPosition > positions - header.Rows)
                throw new EngineException(
                    $"a block of layer {header.Layer} has {header.Rows} positions from {header.FirstPosition} on, but there are only {positions}");
        }
        var byLayer = blocks.Select(block => block.Header).ToLookup(header => header.Layer);
        for (var layer = firstLayer; layer < firstLayer + layerCount; layer++)
        {
            var next = 0;
            foreach (var header in byLayer[layer].OrderBy(header => header.FirstPosition))
            {
                if (header.FirstPosition != next)
                    throw new EngineException(header.FirstPosition > next ? Gap(layer, next) : $"position {header.FirstPosition} of layer {layer} is there twice");
                next += header.Rows;
            }
            if (next != positions)
                throw new EngineException(Gap(layer, next));
        }
    }

    private static string Gap(int layer, int position) => $"position {position} of layer {layer} is missing";
}
