using System.Collections.Immutable;
using System.Text;

namespace E2LLM.Inference.Models;

/// <summary>
/// Tokenises a prompt in which special tokens come from the template alone. Between two special tokens, text of the template and of
/// people is tokenised in one piece, as it is in a prompt that is tokenised whole.
/// </summary>
internal sealed class PromptTokenizer(Vocabulary vocabulary)
{
    private readonly ImmutableArray<SpecialToken> _specials = vocabulary.SpecialTokens();

    public ImmutableArray<int> Tokenize(IReadOnlyList<PromptPart> parts)
    {
        var pieces = new List<(SpecialToken? Special, string Text)>();
        var forbidden = new HashSet<string>();
        foreach (var part in parts)
        {
            if (!part.IsTemplate)
            {
                pieces.Add((null, part.Text));
                continue;
            }
            foreach (var piece in Split(part.Text))
            {
                pieces.Add(piece);
                if (piece.Special is { } special)
                    forbidden.Add(special.Text);
            }
        }
        return Join(pieces, forbidden);
    }

    private ImmutableArray<int> Join(List<(SpecialToken? Special, string Text)> pieces, HashSet<string> forbidden)
    {
        var tokens = ImmutableArray.CreateBuilder<int>();
        var text = new StringBuilder();
        foreach (var (special, piece) in pieces)
        {
            if (special is null)
            {
                text.Append(piece);
                continue;
            }
            FlushText();
            tokens.Add(special.Value.Id);
        }
        FlushText();
        if (vocabulary.BeginToken is { } begin && (tokens.Count == 0 || tokens[0] != begin))
            tokens.Insert(0, begin);
        return tokens.ToImmutable();

        void FlushText()
        {
            foreach (var piece in Defuse(text.ToString(), forbidden))
                tokens.AddRange(vocabulary.Tokenize(piece, addSpecial: false, parseSpecial: false));
            text.Clear();
        }
    }

    // Even without parsing, llama.cpp turns the text of a user-defined token into that token. Where it is one that the template uses,
    // the text is cut behind its first character, so that it stays words.
    private static IEnumerable<string> Defuse(string text, HashSet<string> forbidden)
    {
        var start = 0;
        for (var index = 0; index < text.Length; index++)
        {
            var rest = text.AsSpan(index);
            var isForbidden = false;
            foreach (var special in forbidden)
                isForbidden |= special.Length > 1 && rest.StartsWith(special, StringComparison.Ordinal);
            if (!isForbidden)
                continue;
            yield return text[start..(index + 1)];
            start = index + 1;
        }
        if (start < text.Length)
            yield return text[start..];
    }

    // As llama.cpp does it: all places of the longest special text first, then of the next one in what is left between them.
    private List<(SpecialToken? Special, string Text)> Split(string text)
    {
        List<(SpecialToken? Special, string Text)> pieces = [(null, text)];
        foreach (var special in _specials)
        {
            if (!text.Contains(special.Text, StringComparison.Ordinal))
                continue;
            pieces = [.. pieces.SelectMany(piece => piece.Special is null ? Split(piece.Text, special) : [piece])];
        }
        return pieces;
    }

    private static IEnumerable<(SpecialToken? Special, string Text)> Split(string text, SpecialToken special)
    {
        var rest = text;
        while (rest.IndexOf(special.Text, StringComparison.Ordinal) is var index and >= 0)
        {
            var before = rest[..index];
            rest = rest[(index + special.Text.Length)..];
            if (special.Attributes.HasFlag(TokenAttributes.StripsLeft))
                before = before.TrimEnd();
            if (special.Attributes.HasFlag(TokenAttributes.StripsRight))
                rest = rest.TrimStart();
            if (before.Length > 0)
                yield return (null, before);
            yield return (special, special.Text);
        }
        if (rest.Length > 0)
            yield return (null, rest);
    }
}
