using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Inference.Models;

namespace E2LLM.Inference.Synthetic;

/// <summary>
/// Tokens of a synthetic model: the end, the begin of a sequence, the border between two messages, 256 bytes, and made-up words
/// (" w259") for the rest of the vocabulary.
/// </summary>
public sealed class SyntheticTokenizer : ITokenizer
{
    public const int BeginToken = 1;
    public const int TurnToken = 2;
    public const int FirstByteToken = 3;
    public const int FirstWordToken = FirstByteToken + 256;

    public ImmutableArray<int> EndOfGenerationTokens { get; } = [SyntheticModel.EndToken];

    /// <remarks>Of a text, each byte is a token: the words are answers alone.</remarks>
    public int LongestTokenBytes => 1;

    /// <remarks>No text stands for a special token, so <paramref name="parseSpecial"/> changes nothing.</remarks>
    public ImmutableArray<int> Tokenize(string text, bool addSpecial, bool parseSpecial)
    {
        var bytes = Encoding.UTF8.GetBytes(text).Select(value => FirstByteToken + value);
        return addSpecial ? [BeginToken, .. bytes] : [.. bytes];
    }

    public ImmutableArray<int> TokenizeChat(IReadOnlyList<ChatTurn> turns)
    {
        if (turns.Count == 0)
            throw new RequestRejectedException("A conversation needs at least one message.");
        var tokens = ImmutableArray.CreateBuilder<int>();
        tokens.Add(BeginToken);
        foreach (var turn in turns)
        {
            tokens.AddRange(Tokenize($"{turn.Role}: {turn.Content}", addSpecial: false, parseSpecial: false));
            tokens.Add(TurnToken);
        }
        return tokens.ToImmutable();
    }

    public IDetokenizer CreateDetokenizer() => new PieceDecoder(Piece);

    private static ReadOnlyMemory<byte> Piece(int token) => token switch
    {
        < FirstByteToken => default,
        < FirstWordToken => new[] { (byte)(token - FirstByteToken) },
        _ => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $" w{token}")),
    };
}
