using System.Text;
using E2LLM.Core.Errors;
using E2LLM.Core.Models;

namespace E2LLM.Gateway.Tokens;

/// <summary>
/// Turns away a text that has too many tokens before all of it is tokenised. llama.cpp's tokenizers take time that grows with the square
/// of the length for some texts (50,000 line ends: 18 s), and nothing stops them once they have begun.
/// </summary>
internal static class PromptLength
{
    /// <summary>How much longer each beginning of the text is than the one before it.</summary>
    private const int Growth = 2;

    /// <param name="texts">Tokenised apart from each other.</param>
    /// <param name="limit">Tokens of all of them together.</param>
    /// <param name="parameter">What the rejection names.</param>
    /// <param name="cancellationToken">Looked at between two beginnings.</param>
    /// <exception cref="RequestRejectedException">There are more tokens than the limit. The reverse is not said: a text that passes may still be a little too long.</exception>
    public static void Check(
        ITokenizer tokenizer, IReadOnlyCollection<string> texts, int limit, string parameter, CancellationToken cancellationToken)
    {
        var bytes = texts.Sum(text => (long)Encoding.UTF8.GetByteCount(text));
        if (bytes > (long)limit * tokenizer.LongestTokenBytes)
            throw TooLong(limit, parameter);
        if (bytes <= limit)
            return;
        var tokens = 0L;
        foreach (var text in texts)
        {
            tokens += CountUpTo(tokenizer, text, limit - tokens, cancellationToken);
            if (tokens > limit)
                throw TooLong(limit, parameter);
        }
    }

    /// <summary>
    /// The tokens of the whole text, where they are no more than the limit; else those of a beginning that already has more, or a few
    /// less than these.
    /// </summary>
    private static long CountUpTo(ITokenizer tokenizer, string text, long limit, CancellationToken cancellationToken)
    {
        for (var characters = Math.Max(limit, 1); ; characters *= Growth)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var isWhole = characters >= text.Length;
            var count = tokenizer.Tokenize(isWhole ? text : Beginning(text, (int)characters), addSpecial: false, parseSpecial: false).Length;
            // The end of a beginning may be the first bytes of one long token, and count as many.
            if (isWhole || count - tokenizer.LongestTokenBytes > limit)
                return isWhole ? count : count - tokenizer.LongestTokenBytes;
        }
    }

    private static string Beginning(string text, int characters) =>
        text[..(char.IsHighSurrogate(text[characters - 1]) ? characters + 1 : characters)];

    private static RequestRejectedException TooLong(int limit, string parameter) =>
        new($"The text has more tokens than the {limit} that it may have.")
        {
            Code = RejectionCodes.ContextLengthExceeded,
            Parameter = parameter,
        };
}
