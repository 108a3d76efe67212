using System.Text.Json;
using E2LLM.Cli.Bench.Load;

namespace E2LLM.Cli.Bench.Prompts;

/// <summary>Writes prompts of random words that have, as the server counts, as nearly as possible a given number of tokens.</summary>
internal sealed class PromptWriter : IPromptSource
{
    private const int FewWords = 8;
    private const int ManyWords = 40;
    private const int MaxCorrections = 4;

    private readonly ServerApi _server;
    private readonly string _model;
    private readonly PromptLengths _lengths;
    private readonly bool _canTokenize;

    private PromptWriter(ServerApi server, string model, PromptLengths lengths, bool canTokenize)
    {
        _server = server;
        _model = model;
        _lengths = lengths;
        _canTokenize = canTokenize;
    }

    public string Description => "random words, counted by " + (_canTokenize ? "the server's usage and /tokenize"
        : ReferenceEquals(_lengths, PromptLengths.Usual) ? "a guess: the server does not count"
        : "the server's usage");

    /// <summary>Has two prompts counted, by the usage of one-token answers, and finds out whether the server tokenises.</summary>
    public static async Task<PromptWriter> CreateAsync(ServerApi server, string model, CancellationToken cancellationToken)
    {
        // Its own seed: how a server counts has nothing to do with the prompts of the run.
        var random = new Random(0);
        var few = RandomWords.Draw(FewWords, random);
        var many = RandomWords.Draw(ManyWords, random);
        var fewUsage = await UsageAsync(server, model, few, cancellationToken);
        var manyUsage = await UsageAsync(server, model, many, cancellationToken);
        var manyText = await CountAsync(server, model, string.Join(' ', many), cancellationToken);
        var lengths = (fewUsage, manyUsage, manyText) switch
        {
            (_, { } usage, > 0 and { } text) => new PromptLengths(usage - text, (double)text / ManyWords),
            ({ } below, { } above, _) => PromptLengths.Through((FewWords, below), (ManyWords, above)),
            _ => PromptLengths.Usual,
        };
        return new PromptWriter(server, model, lengths, canTokenize: manyUsage is not null && manyText is > 0);
    }

    public async Task<string> NextAsync(int tokens, Random random, CancellationToken cancellationToken)
    {
        var words = RandomWords.Draw(_lengths.WordsFor(tokens), random);
        for (var correction = 0; _canTokenize && correction < MaxCorrections; correction++)
        {
            if (await CountAsync(_server, _model, string.Join(' ', words), cancellationToken) is not { } textTokens)
                break;
            var change = _lengths.WordsBetween(textTokens + (int)Math.Round(_lengths.TemplateTokens), tokens);
            if (change == 0 || words.Length + change < 1)
                break;
            words = change < 0 ? words[..^-change] : [.. words, .. RandomWords.Draw(change, random)];
        }
        return string.Join(' ', words);
    }

    private static async Task<int?> UsageAsync(ServerApi server, string model, string[] words, CancellationToken cancellationToken)
    {
        var messages = new[] { new { role = "user", content = string.Join(' ', words) } };
        var answer = await server.TryPostAsync("chat/completions", new { model, messages, max_tokens = 1 }, cancellationToken);
        return answer is { } json && json.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object
            && usage.TryGetProperty("prompt_tokens", out var tokens) && tokens.TryGetInt32(out var count) ? count : null;
    }

    /// <summary>llama.cpp's and E2LLM's way of counting; null elsewhere.</summary>
    private static async Task<int?> CountAsync(ServerApi server, string model, string text, CancellationToken cancellationToken)
    {
        var address = new Uri(server.Base, "../tokenize").AbsoluteUri;
        var answer = await server.TryPostAsync(address, new { model, content = text }, cancellationToken);
        return answer is { } json && json.TryGetProperty("tokens", out var tokens)
            && tokens.ValueKind == JsonValueKind.Array ? tokens.GetArrayLength() : null;
    }
}
