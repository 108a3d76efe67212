using E2LLM.Core.Kv;
using E2LLM.DataPlane.Wire;

namespace E2LLM.DataPlane.Sending;

/// <summary>A block, or the word how many positions there are, from when it is queued until the receiver has it.</summary>
internal sealed class OutboundItem(RequestFrame frame, KvBlock? block)
{
    public RequestFrame Frame => frame;

    /// <summary>Null of Announce and Complete.</summary>
    public KvBlock? Block => block;

    public ReadOnlyMemory<byte> Payload => block is null ? default : block.Bytes;

    public int LengthBytes => block?.Header.LengthBytes ?? 0;
}
