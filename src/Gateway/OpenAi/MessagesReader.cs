using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using E2LLM.Core.Errors;
using E2LLM.Core.Models;

namespace E2LLM.Gateway.OpenAi;

/// <summary>Reads a conversation: texts of the system, the user and the assistant, as a string or as parts of type "text".</summary>
internal static class MessagesReader
{
    /// <summary>
    /// Fields of a message that would change the answer. Others are let pass: clients send back whole messages of earlier answers, with
    /// whatever their server put there.
    /// </summary>
    private static readonly string[] Meaningful = ["tool_calls", "function_call", "audio", "images", "prefix", "partial"];

    /// <exception cref="RequestRejectedException">Empty, too many, or one of them is not such a text; names which.</exception>
    public static ImmutableArray<ChatTurn> Read(JsonFields fields, int maxMessages)
    {
        if (fields.Find(FieldNames.Messages) is not { ValueKind: JsonValueKind.Array } list || list.GetArrayLength() == 0)
            throw JsonFields.Rejected(FieldNames.Messages, "messages must be an array of at least one message.");
        if (list.GetArrayLength() > maxMessages)
            throw JsonFields.Rejected(FieldNames.Messages, $"messages may have {(maxMessages == 1 ? "1 entry" : $"{maxMessages} entries")}, but has {list.GetArrayLength()}.");
        return [.. list.EnumerateArray().Select((message, index) => ReadMessage(message, $"{FieldNames.Messages}[{index}]"))];
    }

    private static ChatTurn ReadMessage(JsonElement message, string path)
    {
        var fields = JsonFields.Of(message, path);
        var role = fields.String("role") switch
        {
            "user" => "user",
            "assistant" => "assistant",
            "system" or "developer" => "system",
            "tool" or "function" => throw UnsupportedFields.Unsupported($"{path}.role", "Messages of tools are not supported."),
            _ => throw JsonFields.Rejected($"{path}.role", $"{path}.role must be one of: system, developer, user, assistant."),
        };
        foreach (var name in Meaningful)
            if (fields.Find(name) is { } value && !FieldValues.IsEmpty(value) && !FieldValues.IsFalse(value))
                throw UnsupportedFields.Unsupported($"{path}.{name}", $"{path}.{name} is not supported.");
        return new ChatTurn(role, ReadContent(fields.Find("content"), $"{path}.content"));
    }

    private static string ReadContent(JsonElement? content, string path) => content switch
    {
        { ValueKind: JsonValueKind.String } text => JsonFields.String(text, path),
        { ValueKind: JsonValueKind.Array } parts => ReadParts(parts, path),
        _ => throw JsonFields.Rejected(path, $"{path} must be a string or an array of text parts."),
    };

    private static string ReadParts(JsonElement parts, string path)
    {
        var text = new StringBuilder();
        var index = 0;
        foreach (var part in parts.EnumerateArray())
        {
            var partPath = $"{path}[{index++}]";
            var fields = JsonFields.Of(part, partPath);
            if (fields.String("type") != "text")
                throw UnsupportedFields.Unsupported($"{partPath}.type", "Only parts of type 'text' are supported.");
            text.Append(fields.String("text") ?? throw JsonFields.Rejected($"{partPath}.text", $"{partPath}.text must be a string."));
        }

        return text.ToString();
    }
}
