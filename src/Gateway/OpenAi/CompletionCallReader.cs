using System.Collections.Immutable;
using System.Text.Json;
using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Core.Requests;
using E2LLM.Gateway.Hosting;

namespace E2LLM.Gateway.OpenAi;

/// <summary>Reads the body of a completion. Types are checked here; ranges by the rules that hold for every door.</summary>
internal static class CompletionCallReader
{
    /// <exception cref="RequestRejectedException">A field has the wrong type, or asks for what is not supported; names it.</exception>
    public static CompletionCall Read(JsonElement body, CompletionKind kind, string id, IModelCatalog catalog, GatewayOptions options)
    {
        var fields = JsonFields.Of(body, "");
        UnsupportedFields.Refuse(body, kind);
        var stream = fields.Boolean("stream") ?? false;
        return new CompletionCall
        {
            Kind = kind,
            LimitField = LimitField(fields),
            Stream = stream,
            IncludeUsage = ReadIncludeUsage(fields, stream),
            Request = new ChatRequest
            {
                Id = id,
                ModelId = ModelField.Read(fields, catalog, options).Id,
                Turns = kind == CompletionKind.Chat ? MessagesReader.Read(fields, options.MaxMessages) : [],
                Prompt = kind == CompletionKind.Text ? ReadPrompt(fields) : null,
                MaxTokens = ReadMaxTokens(fields),
                Sampling = ReadSampling(fields, id),
                StopTexts = ReadStop(fields),
                Priority = ReadPriority(fields),
                IgnoresEndOfText = fields.Boolean("ignore_eos") ?? false,
                DeadlineSeconds = fields.Single(FieldNames.MaxWaitSeconds),
                CallerId = ReadCaller(fields),
            },
        };
    }

    private static bool ReadIncludeUsage(JsonFields fields, bool stream)
    {
        const string Name = "stream_options";
        if (fields.Find(Name) is not { } options)
            return false;
        if (!stream)
            throw JsonFields.Rejected(Name, "stream_options is for stream = true only.");
        var parts = JsonFields.Of(options, Name);
        UnsupportedFields.Refuse(options, Name + ".", RequestFields.StreamOptions);
        return parts.Boolean("include_usage") ?? false;
    }

    private static string ReadPrompt(JsonFields fields) => fields.Find(FieldNames.Prompt) switch
    {
        null => throw JsonFields.Rejected(FieldNames.Prompt, "prompt must be set."),
        { ValueKind: JsonValueKind.Array } list when list.GetArrayLength() == 1 => JsonFields.String(list[0], FieldNames.Prompt),
        { ValueKind: JsonValueKind.Array } => throw JsonFields.Rejected(FieldNames.Prompt, "prompt must be one string."),
        { } text => JsonFields.String(text, FieldNames.Prompt),
    };

    private static int? ReadMaxTokens(JsonFields fields)
    {
        var newer = fields.Int32(FieldNames.MaxCompletionTokens);
        var older = fields.Int32(FieldNames.MaxTokens);
        if (newer is { } a && older is { } b && a != b)
            throw JsonFields.Rejected(FieldNames.MaxTokens, "max_tokens and max_completion_tokens differ; send one of them.");
        if ((newer ?? older) is < 1 and var tokens)
            throw JsonFields.Rejected(LimitField(fields), $"{LimitField(fields)} must be at least 1, but is {tokens}.");
        return newer ?? older;
    }

    private static string LimitField(JsonFields fields) =>
        fields.Find(FieldNames.MaxCompletionTokens) is null ? FieldNames.MaxTokens : FieldNames.MaxCompletionTokens;

    private static SamplingOptions ReadSampling(JsonFields fields, string id)
    {
        var usual = new SamplingOptions();
        var (repeat, repetition) = (fields.Single("repeat_penalty"), fields.Single("repetition_penalty"));
        if (repeat is { } a && repetition is { } b && a != b)
            throw JsonFields.Rejected("repeat_penalty", "repeat_penalty and repetition_penalty differ; send one of them.");
        var sampling = new SamplingOptions
        {
            Temperature = fields.Single("temperature") ?? usual.Temperature,
            TopK = fields.Int32("top_k") ?? usual.TopK,
            TopP = fields.Single("top_p") ?? usual.TopP,
            MinP = fields.Single("min_p") ?? usual.MinP,
            RepeatPenalty = repeat ?? repetition ?? usual.RepeatPenalty,
            FrequencyPenalty = fields.Single("frequency_penalty") ?? usual.FrequencyPenalty,
            PresencePenalty = fields.Single("presence_penalty") ?? usual.PresencePenalty,
            PenaltyLastTokens = fields.Int32("repeat_last_n") ?? usual.PenaltyLastTokens,
            Seed = RequestSeed.Read(fields.Int64("seed"), id),
        };
        // In the client's words, which the rules for every door do not know.
        foreach (var (property, message) in SamplingOptionsRules.FindErrors(sampling))
        {
            var name = property == nameof(sampling.RepeatPenalty) && repeat is null
                ? "repetition_penalty"
                : FieldNames.OfParameter($"{nameof(ChatRequest.Sampling)}.{property}")!;
            throw JsonFields.Rejected(name, message.Replace(property, name, StringComparison.Ordinal));
        }

        return sampling;
    }

    /// <summary>The API's own word for urgency, so that its official clients can say it.</summary>
    private static RequestPriority ReadPriority(JsonFields fields) => fields.String(FieldNames.ServiceTier) switch
    {
        null or "auto" or "default" => RequestPriority.Normal,
        "flex" => RequestPriority.Low,
        "priority" => RequestPriority.High,
        var other => throw JsonFields.Rejected(
            FieldNames.ServiceTier, $"service_tier must be auto, default, flex (may wait) or priority (goes first), but is '{other}'."),
    };

    /// <summary>The API's two names for whoever asks; the newer one says it where both are there.</summary>
    private static string ReadCaller(JsonFields fields)
    {
        var older = fields.String(FieldNames.User);
        if (fields.String(FieldNames.SafetyIdentifier) is not { } newer)
            return older ?? "";
        return CallerIds.IsValid(newer) ? newer : throw JsonFields.Rejected(FieldNames.SafetyIdentifier, CallerIds.Rule);
    }

    private static ImmutableArray<string> ReadStop(JsonFields fields) => fields.Find(FieldNames.Stop) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(stop => JsonFields.String(stop, FieldNames.Stop))],
        { } text => [JsonFields.String(text, FieldNames.Stop)],
    };
}
