using System.Net;
using E2LLM.Core.Errors;
using E2LLM.Gateway.Tests.Fakes;
using E2LLM.Gateway.Tests.Hosting;
using E2LLM.Gateway.Tests.OpenAi;
using E2LLM.Gateway.Tokens;

namespace E2LLM.Gateway.Tests.Tokens;

/// <summary>A text that is far too long costs no more than one that is a little too long.</summary>
[Collection(GatewayCollection.Name)]
public sealed class PromptLengthTests(GatewayFixture gateway)
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public void Check_MoreBytesThanTheLimitInLongestTokens_RefusesWithoutTokenising()
    {
        var tokenizer = new CountingTokenizer(longestTokenBytes: 4);

        var error = Assert.Throws<RequestRejectedException>(() => Check(tokenizer, [new string('\n', 200_001)], 50_000));

        Assert.Equal((0, RejectionCodes.ContextLengthExceeded, "content"), (tokenizer.Characters, error.Code, error.Parameter));
    }

    [Fact]
    public void Check_BytesCountAndNotCharacters()
    {
        var tokenizer = new CountingTokenizer();

        Assert.Throws<RequestRejectedException>(() => Check(tokenizer, ["中中"], 5));
        Assert.Equal(0, tokenizer.Characters);
    }

    [Fact]
    public void Check_TooManyTokensInABeginning_TokenisesNoMoreThanThat()
    {
        var tokenizer = new CountingTokenizer(longestTokenBytes: 128);

        Assert.Throws<RequestRejectedException>(() => Check(tokenizer, [new string('\n', 200_000)], 9000));

        Assert.InRange(tokenizer.Characters, 9000, 16_384);
    }

    [Fact]
    public void Check_ManyTextsTogetherTooLong_IsRefused() => Assert.Throws<RequestRejectedException>(
        () => Check(new CountingTokenizer(longestTokenBytes: 2), [.. Enumerable.Repeat(new string('a', 100), 11)], 1000));

    [Fact]
    public void Check_NoMoreBytesThanTheLimit_IsFineWithoutTokenising()
    {
        var tokenizer = new CountingTokenizer();

        Check(tokenizer, [new string('a', 1000)], 1000);

        Assert.Equal(0, tokenizer.Characters);
    }

    [Fact]
    public void Check_PiecesOfALongText_CutNoCharacterInTwo()
    {
        var tokenizer = new CountingTokenizer(longestTokenBytes: 8);
        // One character too few for the cut to fall between two of them.
        Check(tokenizer, ["a" + string.Concat(Enumerable.Repeat("😀", 8192))], 20_000);

        Assert.Equal(1 + 2 * 8192, tokenizer.Characters);
    }

    [Fact]
    public void Check_CallerLeaves_StopsAfterThePiece()
    {
        using var left = new CancellationTokenSource();
        var tokenizer = new CountingTokenizer(longestTokenBytes: 100, onCall: left.Cancel);

        Assert.Throws<OperationCanceledException>(
            () => PromptLength.Check(tokenizer, [new string('a', 90_000)], 50_000, parseSpecial: false, "content", left.Token));

        Assert.Equal(4096, tokenizer.Characters);
    }

    [Theory]
    [InlineData(ChatHttp.ChatPath, "\"messages\":[{\"role\":\"user\",\"content\":\"#\"}]", "messages")]
    [InlineData("/v1/completions", "\"prompt\":\"#\"", "prompt")]
    [InlineData("/v1/tokenize", "\"content\":\"#\"", "content")]
    public async Task AnyDoor_TextOfLineEndsBeyondTheContext_IsRefused(string path, string field, string parameter)
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"), contextTokens: 384);
        var body = $$"""{"model":"{{model.Id}}",{{field.Replace("#", string.Concat(Enumerable.Repeat("\\n", 200_000)), StringComparison.Ordinal)}}}""";

        using var response = await gateway.Http.PostAsync(path, body);

        var error = await response.ErrorAsync();
        Assert.Equal((HttpStatusCode.BadRequest, "context_length_exceeded", parameter), (error.Status, error.Code, error.Parameter));
        Assert.Contains("384", error.Message, StringComparison.Ordinal);
    }

    private static void Check(CountingTokenizer tokenizer, IReadOnlyCollection<string> texts, int limit) =>
        PromptLength.Check(tokenizer, texts, limit, parseSpecial: false, "content", None);
}
