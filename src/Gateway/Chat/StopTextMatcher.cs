using System.Collections.Immutable;

namespace E2LLM.Gateway.Chat;

/// <summary>
/// Cuts an answer before the first stop text. The pieces may break anywhere: only what could be the beginning of a stop text is held
/// back. The stop text that is complete first wins, and of those the longest, so that the result does not depend on the pieces.
/// </summary>
internal sealed class StopTextMatcher(ImmutableArray<string> stopTexts)
{
    private string _held = "";

    /// <summary>Whether a stop text has been met; nothing comes after it.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>The text that has become certain.</summary>
    public string Append(string piece)
    {
        if (IsStopped)
            return "";
        var text = _held + piece;
        if (FindStop(text) is { } end)
        {
            IsStopped = true;
            _held = "";
            return text[..end];
        }

        var certain = text.Length - HeldLength(text);
        _held = text[certain..];
        return text[..certain];
    }

    /// <summary>What was held back, now that nothing follows.</summary>
    public string Flush()
    {
        var rest = _held;
        _held = "";
        return rest;
    }

    /// <summary>Where the winning stop text starts.</summary>
    private int? FindStop(string text)
    {
        (int End, int Start)? best = null;
        foreach (var stop in stopTexts)
        {
            var start = text.IndexOf(stop, StringComparison.Ordinal);
            if (start >= 0 && (best is null || (start + stop.Length, start).CompareTo(best.Value) < 0))
                best = (start + stop.Length, start);
        }

        return best?.Start;
    }

    /// <summary>Length of the longest end of the text that begins a stop text.</summary>
    private int HeldLength(string text)
    {
        var longest = 0;
        foreach (var stop in stopTexts)
            for (var length = Math.Min(stop.Length - 1, text.Length); length > longest; length--)
                if (text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length)))
                    longest = length;
        return longest;
    }
}
