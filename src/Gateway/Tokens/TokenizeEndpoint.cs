using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using E2LLM.Core.Models;
using E2LLM.Gateway.Hosting;
using E2LLM.Gateway.OpenAi;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace E2LLM.Gateway.Tokens;

/// <summary>
/// POST /tokenize and /detokenize, in llama.cpp's form: {"content": …} to {"tokens": […]} and back. A text may have as many tokens as
/// the model's context, and no more can be turned back.
/// </summary>
internal sealed class TokenizeEndpoint(
    IModelCatalog catalog, ITokenizerProvider tokenizers, TokenizerQueue queue, JsonBody bodies, IOptions<GatewayOptions> options)
{
    private const string Content = "content";
    private const string Tokens = "tokens";

    public async Task TokenizeAsync(HttpContext http)
    {
        var (model, text, addSpecial, parseSpecial) = await bodies.ReadAsync(http, ReadText);
        var tokenizer = await tokenizers.GetAsync(model.Id, http.RequestAborted);
        var tokens = await queue.RunAsync(
            text.Length,
            left =>
            {
                PromptLength.Check(tokenizer, [text], model.ContextLengthTokens, parseSpecial, Content, left);
                return tokenizer.Tokenize(text, addSpecial, parseSpecial);
            },
            http.RequestAborted);
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
        var (model, tokens) = await bodies.ReadAsync(http, ReadTokens);
        var detokenizer = (await tokenizers.GetAsync(model.Id, http.RequestAborted)).CreateDetokenizer();
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

    private (ModelSpec Model, string Text, bool AddSpecial, bool ParseSpecial) ReadText(JsonElement body)
    {
        var fields = JsonFields.Of(body, "");
        UnsupportedFields.Refuse(body, "", RequestFields.Tokenize);
        var text = fields.String(Content) ?? throw JsonFields.Rejected(Content, "content must be set.");
        if (text.Length > options.Value.MaxPromptCharacters)
            throw JsonFields.Rejected(Content, $"content may have {Words.Count(options.Value.MaxPromptCharacters, "character")}, but has {text.Length}.");
        return (ReadModel(fields), text, fields.Boolean("add_special") ?? false, fields.Boolean("parse_special") ?? false);
    }

    private (ModelSpec Model, ImmutableArray<int> Tokens) ReadTokens(JsonElement body)
    {
        var fields = JsonFields.Of(body, "");
        UnsupportedFields.Refuse(body, "", RequestFields.Detokenize);
        var model = ReadModel(fields);
        var error = $"tokens must be an array of whole numbers from 0 to {model.VocabularySize - 1}.";
        if (fields.Find(Tokens) is not { ValueKind: JsonValueKind.Array } list)
            throw JsonFields.Rejected(Tokens, error);
        return list.GetArrayLength() <= model.ContextLengthTokens
            ? (model, [.. list.EnumerateArray().Select(ReadToken)])
            : throw JsonFields.Rejected(
                Tokens, $"tokens may have {Words.Count(model.ContextLengthTokens, "token")}, but has {list.GetArrayLength()}.");

        int ReadToken(JsonElement element) =>
            JsonFields.TryWhole(element, out var token) && token >= 0 && token < model.VocabularySize
                ? (int)token
                : throw JsonFields.Rejected(Tokens, error);
    }

    private ModelSpec ReadModel(JsonFields fields) => ModelField.Read(fields, catalog, options.Value);
}
