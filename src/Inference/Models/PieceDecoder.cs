using System.Text;
using E2LLM.Core.Models;

namespace E2LLM.Inference.Models;

/// <summary>Joins the bytes of tokens to text. A character spread over several tokens comes out whole, with the last of them.</summary>
/// <param name="pieceOf">The bytes of a token; empty for special ones.</param>
internal sealed class PieceDecoder(Func<int, ReadOnlyMemory<byte>> pieceOf) : IDetokenizer
{
    private readonly Decoder _decoder = new UTF8Encoding(false).GetDecoder();

    public string Append(int token) => Decode(pieceOf(token).Span, flush: false);

    public string Flush() => Decode([], flush: true);

    private string Decode(ReadOnlySpan<byte> bytes, bool flush)
    {
        var count = _decoder.GetCharCount(bytes, flush);
        if (count == 0)
        {
            // Still to be called: it takes the bytes of an unfinished character in.
            _decoder.GetChars(bytes, [], flush);
            return "";
        }
        var text = new char[count];
        _decoder.GetChars(bytes, text, flush);
        return new string(text);
    }
}
