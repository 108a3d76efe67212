using System.Collections.Immutable;
using E2LLM.Core.Models;

namespace E2LLM.Gateway.Tests.Fakes;

/// <summary>One token a character, and a note of how much was tokenised; may call back on each call.</summary>
public sealed class CountingTokenizer(int longestTokenBytes = 1, Action? onCall = null) : ITokenizer
{
    public int Characters { get; private set; }

    public ImmutableArray<int> EndOfGenerationTokens => [];

    public int LongestTokenBytes => longestTokenBytes;

    public ImmutableArray<int> Tokenize(string text, bool addSpecial, bool parseSpecial)
    {
        Characters += text.Length;
        onCall?.Invoke();
        return [.. Enumerable.Repeat(0, text.Length)];
    }

    public ImmutableArray<int> TokenizeChat(IReadOnlyList<ChatTurn> turns) => throw new NotSupportedException();

    public IDetokenizer CreateDetokenizer() => throw new NotSupportedException();
}
