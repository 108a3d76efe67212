using E2LLM.Core.Models;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Inference.Tests.Synthetic;

public sealed class SyntheticTokenizerTests
{
    private readonly SyntheticTokenizer _tokenizer = new();

    [Fact]
    public void Detokenize_OfATokenizedText_GivesItBack()
    {
        var detokenizer = _tokenizer.CreateDetokenizer();
        var text = string.Concat(_tokenizer.Tokenize("Füchse 🦊", addSpecial: true, parseSpecial: true).Select(detokenizer.Append));
        Assert.Equal("Füchse 🦊", text + detokenizer.Flush());
    }

    [Fact]
    public void TokenizeChat_EndsEveryMessageWithTheTurnToken()
    {
        var tokens = _tokenizer.TokenizeChat([new ChatTurn("system", "a"), new ChatTurn("user", "b")]);
        Assert.Equal(SyntheticTokenizer.BeginToken, tokens[0]);
        Assert.Equal(2, tokens.Count(token => token == SyntheticTokenizer.TurnToken));
    }
}
