using E2LLM.Gguf.Format;

namespace E2LLM.Gguf.Tests.Fixtures;

public static class TensorBytes
{
    /// <summary>All bytes of a tensor, by way of the streaming read with a small odd buffer.</summary>
    public static byte[] Of(GgufFile file, string name)
    {
        var bytes = new MemoryStream();
        file.StreamTensor(file.FindTensor(name)!, new byte[4093], piece => bytes.Write(piece.Span));
        return bytes.ToArray();
    }
}
