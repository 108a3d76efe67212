using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using E2LLM.Core.Models;
using E2LLM.Gateway.Hosting;
using E2LLM.Gateway.Models;
using E2LLM.Gateway.OpenAi;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace E2LLM.Gateway.Tokens;

/// <summary>POST /tokenize and /detokenize, in llama.cpp's form: {"content": …} to {"tokens": […]} and back.</summary>
internal sealed class TokenizeEndpoint(IModelCatalog catalog, ITokenizerProvider tokenizers, IOptions<GatewayOptions> options)
{
    private const string Content = "content";
    private const string Tokens = "tokens";

    public async Task TokenizeAsync(HttpContext http)
    {
        using var body = await JsonBody.ReadAsync(http, options.Value.MaxBodyBytes);
        var fields = JsonFields.Of(body.RootElement, "");
        var model = CompletionCallReader.ReadModel(fields, catalog, options.Value);
        var text = fields.String(Content) ?? throw JsonFields.Rejected(Content, "content must be set.");
        if (text.Length > options.Value.MaxPromptCharacters)
            throw JsonFields.Rejected(Content, $"content may have {options.Value.MaxPromptCharacters} characters, but has {text.Length}.");
        var addSpecial = fields.Boolean("add_special") ?? false;
        var parseSpecial = fields.Boolean("parse_special") ?? false;
        var tokens = tokenizers.Get(model).Tokenize(text, addSpecial, parseSpecial);
        await JsonResponse.WriteAsync(http, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray(Tokens);
            foreach (var token in tokens)
                json.WriteNumberValue(token);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    public async Task DetokenizeAsync(HttpContext http)
    {
        using var body = await JsonBody.ReadAsync(http, options.Value.MaxBodyBytes);
        var fields = JsonFields.Of(body.RootElement, "");
        var model = catalog.Require(CompletionCallReader.ReadModel(fields, catalog, options.Value));
        var tokens = ReadTokens(fields, model.VocabularySize);
        var detokenizer = tokenizers.Get(model.Id).CreateDetokenizer();
        var text = new StringBuilder();
        foreach (var token in tokens)
            text.Append(detokenizer.Append(token));
        text.Append(detokenizer.Flush());
        await JsonResponse.WriteAsync(http, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString(Content, text.ToString());
            json.WriteEndObject();
        });
    }

    private static ImmutableArray<int> ReadTokens(JsonFields fields, int vocabularySize)
    {
        var error = $"tokens must be an array of whole numbers from 0 to {vocabularySize - 1}.";
        return fields.Find(Tokens) is { ValueKind: JsonValueKind.Array } list
            ? [.. list.EnumerateArray().Select(ReadToken)]
            : throw JsonFields.Rejected(Tokens, error);

        int ReadToken(JsonElement element) =>
            element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var token) && token >= 0 && token < vocabularySize
                ? token
                : throw JsonFields.Rejected(Tokens, error);
    }
}
