using E2LLM.Cli.Bench.Load;
using E2LLM.Cli.Bench.Prompts;
using E2LLM.Cli.Tests.Bench.Fakes;

namespace E2LLM.Cli.Tests.Bench.Prompts;

public sealed class PromptWriterTests
{
    [Fact]
    public async Task Next_ServerThatTokenizes_HasTheTokensAskedFor()
    {
        await using var fake = await FakeServer.StartAsync();
        using var server = new ServerApi(fake.Address, apiKey: null);
        var writer = await PromptWriter.CreateAsync(server, FakeServer.Model, CancellationToken.None);

        var prompts = await Task.WhenAll(Enumerable.Range(50, 20).Select(tokens => writer.NextAsync(tokens, new Random(tokens), CancellationToken.None)));

        // A word is one or two tokens, so what is missing may not fit.
        for (var index = 0; index < prompts.Length; index++)
            Assert.InRange(FakeServer.PromptTokens(prompts[index]), 50 + index - 2, 50 + index + 2);
        Assert.Contains("/tokenize", writer.Description);
    }

    [Fact]
    public async Task Next_ServerThatOnlyCounts_IsNear()
    {
        await using var fake = await FakeServer.StartAsync(tokenizes: false);
        using var server = new ServerApi(fake.Address, apiKey: null);
        var writer = await PromptWriter.CreateAsync(server, FakeServer.Model, CancellationToken.None);

        var prompt = await writer.NextAsync(200, new Random(1), CancellationToken.None);

        Assert.InRange(FakeServer.PromptTokens(prompt), 150, 250);
        Assert.Equal("random words, counted by the server's usage", writer.Description);
    }

    [Fact]
    public async Task Next_SameSeed_IsTheSamePrompt()
    {
        await using var fake = await FakeServer.StartAsync();
        using var server = new ServerApi(fake.Address, apiKey: null);
        var writer = await PromptWriter.CreateAsync(server, FakeServer.Model, CancellationToken.None);

        var first = await writer.NextAsync(64, new Random(3), CancellationToken.None);

        Assert.Equal(first, await writer.NextAsync(64, new Random(3), CancellationToken.None));
        Assert.NotEqual(first, await writer.NextAsync(64, new Random(4), CancellationToken.None));
    }
}
