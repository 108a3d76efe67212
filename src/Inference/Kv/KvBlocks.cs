using E2LLM.Core.Kv;

namespace E2LLM.Inference.Kv;

/// <summary>What an engine does with the blocks that it was given.</summary>
internal static class KvBlocks
{
    public static void DisposeAll(IReadOnlyList<KvBlock> blocks)
    {
        foreach (var block in blocks)
            block.Dispose();
    }
}
