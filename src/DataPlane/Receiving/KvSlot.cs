using E2LLM.Core.Kv;

namespace E2LLM.DataPlane.Receiving;

/// <summary>A place in a transfer for one block: being filled by a connection, or filled.</summary>
internal sealed class KvSlot(KvBlockHeader header, InboundConnection owner)
{
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public KvBlockHeader Header => header;

    /// <summary>The connection that fills it, and owns the memory until it is filled.</summary>
    public InboundConnection Owner => owner;

    public bool IsFilled { get; private set; }

    /// <summary>The block, from when it is filled until the transfer hands it out.</summary>
    public KvBlock? Block { get; private set; }

    /// <summary>Ends when the slot is filled or given up.</summary>
    public Task Settled => _settled.Task;

    public void Fill(KvBlock block)
    {
        Block = block;
        IsFilled = true;
        _settled.SetResult();
    }

    public void GiveUp() => _settled.SetResult();

    public KvBlock? Take()
    {
        var block = Block;
        Block = null;
        return block;
    }
}
