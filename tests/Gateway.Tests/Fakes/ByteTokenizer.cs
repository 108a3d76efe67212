using System.Collections.Immutable;
using System.Text;
using E2LLM.Core.Models;

namespace E2LLM.Gateway.Tests.Fakes;

/// <summary>One token a byte of UTF-8, so that characters break across tokens.</summary>
public sealed class ByteTokenizer : ITokenizer
{
    public const int EndOfText = 256;
    public const int BeginOfText = 257;
    public const int VocabularySize = 258;

    public ImmutableArray<int> EndOfGenerationTokens => [EndOfText];

    public int LongestTokenBytes => 1;

    public ImmutableArray<int> Tokenize(string text, bool addSpecial, bool parseSpecial) =>
        addSpecial ? [BeginOfText, .. Scripts.Tokens(text)] : Scripts.Tokens(text);

    public ImmutableArray<int> TokenizeChat(IReadOnlyList<ChatTurn> turns) =>
        Scripts.Tokens(string.Concat(turns.Select(turn => $"<{turn.Role}>{turn.Content}")) + "<assistant>");

    public IDetokenizer CreateDetokenizer() => new Detokenizer();

    private sealed class Detokenizer : IDetokenizer
    {
        private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

        public string Append(int token) => Decode([(byte)token], flush: false);

        public string Flush() => Decode([], flush: true);

        private string Decode(ReadOnlySpan<byte> bytes, bool flush)
        {
            Span<char> characters = stackalloc char[8];
            return new string(characters[.._decoder.GetChars(bytes, characters, flush)]);
        }
    }
}
