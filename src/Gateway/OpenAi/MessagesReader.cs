using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using E2LLM.Core.Errors;
using E2LLM.Core.Models;

namespace E2LLM.Gateway.OpenAi;

/// <summary>Reads a conversation: texts of the system, the user and the assistant, as a string or as parts of type "text".</summary>
internal static class MessagesReader
{
    /// <exception cref="RequestRejectedException">Empty, too many, or one of them is not such a text; names which.</exception>
    public static ImmutableArray<ChatTurn> Read(JsonFields fields, int maxMessages)
    {
        if (fields.Find(FieldNames.Messages) is not { ValueKind: JsonValueKind.Array } list || list.GetArrayLength() == 0)
            throw JsonFields.Rejected(FieldNames.Messages, "messages must be an array of at least one message.");
        if (list.GetArrayLength() > maxMessages)
            throw JsonFields.Rejected(FieldNames.Messages, $"messages may have {maxMessages} entries, but has {list.GetArrayLength()}.");
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
        if (fields.Find("tool_calls") is { ValueKind: JsonValueKind.Array } calls && calls.GetArrayLength() > 0)
            throw UnsupportedFields.Unsupported($"{path}.tool_calls", "Tool calls are not supported.");
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
