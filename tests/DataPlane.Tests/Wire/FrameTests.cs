using E2LLM.Core.Kv;
using E2LLM.DataPlane.Wire;

namespace E2LLM.DataPlane.Tests.Wire;

public sealed class FrameTests
{
    private static readonly Guid Id = new("00112233-4455-6677-8899-aabbccddeeff");
    private static readonly byte[] Token = [.. Enumerable.Range(1, 32).Select(value => (byte)value)];

    [Fact]
    public void Hello_Read_IsWhatWasWritten()
    {
        var (id, token) = HelloFrame.Read(Hello());

        Assert.Equal(Id, id);
        Assert.Equal(Token, token.ToArray());
    }

    [Fact]
    public void Request_Read_IsWhatWasWritten()
    {
        var block = WireFrames.Block();

        Assert.Equal(block, RequestFrame.Read(Written(block)));
        Assert.Equal(RequestFrame.Announce(8, 66), RequestFrame.Read(Written(RequestFrame.Announce(8, 66))));
        Assert.Equal(RequestFrame.Complete(9, 77), RequestFrame.Read(Written(RequestFrame.Complete(9, 77))));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    public void Reply_Read_IsWhatWasWritten(int kind)
    {
        var reply = new ReplyFrame((FrameKind)kind, 0xFEDCBA98, Refusal.Damaged);

        Assert.Equal(reply, ReplyFrame.Read(Written(reply)));
    }

    [Fact]
    public void Frames_AnyBitFlipped_AreNotRead()
    {
        AssertEveryBitCounts(Hello(), frame => HelloFrame.Read(frame));
        AssertEveryBitCounts(Written(WireFrames.Block()), frame => RequestFrame.Read(frame));
        AssertEveryBitCounts(Written(new ReplyFrame(FrameKind.Ack, 1, Refusal.None)), frame => ReplyFrame.Read(frame));
    }

    [Fact]
    public void Frames_OfAnotherVersion_AreNotRead()
    {
        var frame = Written(new ReplyFrame(FrameKind.Ack, 1, Refusal.None));
        frame[4] = 2;
        WireFormat.Seal(frame);

        var error = Assert.Throws<InvalidDataException>(() => ReplyFrame.Read(frame));

        Assert.Contains("version 2", error.Message);
    }

    [Fact]
    public void Frames_OfAnotherKind_AreNotRead()
    {
        Assert.Throws<InvalidDataException>(() => ReplyFrame.Read(Written(new ReplyFrame(FrameKind.Block, 1, Refusal.None))));
        Assert.Throws<InvalidDataException>(() => RequestFrame.Read(Written(WireFrames.Block() with { Kind = FrameKind.Ack })));
    }

    [Fact]
    public void Block_Layout_IsTheDocumentedOne() => Assert.Equal(
        "45324B56" + "0100" + "0200" + "01000000" + "02000000" + "03000000" + "04000000" + "05000000" + "06000000",
        Convert.ToHexString(Written(WireFrames.Block())[..^8]));

    private static void AssertEveryBitCounts(byte[] frame, Action<byte[]> read)
    {
        for (var bit = 0; bit < frame.Length * 8; bit++)
        {
            frame[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<InvalidDataException>(() => read(frame));
            frame[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        read(frame);
    }

    private static byte[] Hello()
    {
        var frame = new byte[WireFormat.HelloBytes];
        HelloFrame.Write(frame, Id, Token);
        return frame;
    }

    private static byte[] Written(RequestFrame request)
    {
        var frame = new byte[WireFormat.RequestBytes];
        request.Write(frame);
        return frame;
    }

    private static byte[] Written(ReplyFrame reply)
    {
        var frame = new byte[WireFormat.ReplyBytes];
        reply.Write(frame);
        return frame;
    }

    private static class WireFrames
    {
        public static RequestFrame Block() => RequestFrame.Block(1, new KvBlockHeader(2, 3, 4, 5, 6));
    }
}
