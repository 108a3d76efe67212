using System.Text;
using E2LLM.Core.Errors;
using E2LLM.Core.Models;

namespace E2LLM.Gateway.Tokens;

/// <summary>
/// Turns away a text that has too many tokens before all of it is tokenised at once. llama.cpp's tokenizers take time that grows with
/// the square of the length for some texts (50,000 line ends: 18 s), and nothing stops them once they have begun.
/// </summary>
internal static class PromptLength
{
    /// <summary>UTF-16 characters of one piece: the slowest text of this length takes 0.1 s.</summary>
    private const int PieceCharacters = 4096;

    /// <param name="texts">The prompt's texts, or what is to be tokenised in one.</param>
    /// <param name="limit">Tokens of all of them together.</param>
    /// <param name="parseSpecial">As they will be tokenised.</param>
    /// <param name="parameter">What the rejection names.</param>
    /// <param name="cancellationToken">Looked at between two pieces.</param>
    /// <exception cref="RequestRejectedException">There are more tokens than the limit. A text that passes may still have a few too many.</exception>
    public static void Check(
        ITokenizer tokenizer, IReadOnlyCollection<string> texts, int limit, bool parseSpecial, string parameter, CancellationToken cancellationToken)
    {
        var bytes = texts.Sum(text => (long)Encoding.UTF8.GetByteCount(text));
        if (bytes > (long)limit * tokenizer.LongestTokenBytes)
            throw TooLong(limit, parameter);
        if (bytes <= limit)
            return;
        var tokens = 0L;
        foreach (var piece in texts.SelectMany(Pieces))
        {
            cancellationToken.ThrowIfCancellationRequested();
            // A token that a cut goes through becomes as many as it has bytes at the most.
            tokens += Math.Max(0, tokenizer.Tokenize(piece, addSpecial: false, parseSpecial).Length - tokenizer.LongestTokenBytes);
            if (tokens > limit)
                throw TooLong(limit, parameter);
        }
    }

    private static IEnumerable<string> Pieces(string text)
    {
        for (var (start, end) = (0, 0); start < text.Length; start = end)
        {
            end = Math.Min(start + PieceCharacters, text.Length);
            if (end < text.Length && char.IsHighSurrogate(text[end - 1]))
                end++;
            yield return text[start..end];
        }
    }

    private static RequestRejectedException TooLong(int limit, string parameter) =>
        new($"The text has more tokens than it may have, which is {limit}.")
        {
            Code = RejectionCodes.ContextLengthExceeded,
            Parameter = parameter,
        };
}
