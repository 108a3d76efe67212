using System.Collections.Immutable;
using E2LLM.Core.Models;

namespace E2LLM.Gateway.Chat;

/// <summary>The text of one answer, from its tokens: whole characters only, and nothing from a stop text on.</summary>
internal sealed class AnswerText(IDetokenizer detokenizer, ImmutableArray<string> stopTexts)
{
    private readonly StopTextMatcher _stops = new(stopTexts);

    public int TokenCount { get; private set; }

    /// <inheritdoc cref="StopTextMatcher.IsStopped"/>
    public bool IsStopped => _stops.IsStopped;

    /// <summary>The text that has become certain; tokens after a stop text are not looked at.</summary>
    public string Append(ImmutableArray<int> tokens)
    {
        var text = "";
        foreach (var token in tokens)
        {
            if (IsStopped)
                break;
            TokenCount++;
            text += _stops.Append(detokenizer.Append(token));
        }

        return text;
    }

    /// <summary>The rest, once no token follows.</summary>
    public string Flush() => IsStopped ? "" : _stops.Append(detokenizer.Flush()) + _stops.Flush();
}
