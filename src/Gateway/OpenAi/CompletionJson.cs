using System.Text.Json;
using E2LLM.Core.Requests;

namespace E2LLM.Gateway.OpenAi;

/// <summary>The JSON of one answer. Every piece of it carries the same id, time and model.</summary>
internal sealed class CompletionJson(CompletionCall call, DateTimeOffset created)
{
    private readonly bool _isChat = call.Kind == CompletionKind.Chat;

    /// <summary>A whole answer at once.</summary>
    public void WriteAnswer(Utf8JsonWriter json, string text, ChatDelta last)
    {
        WriteHead(json, _isChat ? "chat.completion" : "text_completion");
        BeginChoice(json);
        if (_isChat)
        {
            json.WriteStartObject("message");
            json.WriteString("role", "assistant");
            json.WriteString("content", text);
            json.WriteNull("refusal");
            json.WriteEndObject();
        }
        else
        {
            json.WriteString("text", text);
        }

        EndChoice(json, FinishText(last.Finish));
        WriteUsage(json, last);
        json.WriteEndObject();
    }

    /// <summary>A stream's first chunk: who speaks.</summary>
    public void WriteRole(Utf8JsonWriter json) => WriteChunk(json, "", finish: null, withRole: true);

    public void WriteText(Utf8JsonWriter json, string text) => WriteChunk(json, text, finish: null);

    /// <summary>A stream's last chunk with a choice: no text, and why it ended.</summary>
    public void WriteFinish(Utf8JsonWriter json, FinishReason finish) => WriteChunk(json, null, FinishText(finish));

    /// <summary>The chunk after the last choice: the token counts, and no choice.</summary>
    public void WriteUsageChunk(Utf8JsonWriter json, ChatDelta last)
    {
        WriteHead(json, ChunkObject);
        json.WriteStartArray("choices");
        json.WriteEndArray();
        WriteUsage(json, last);
        json.WriteEndObject();
    }

    private string ChunkObject => _isChat ? "chat.completion.chunk" : "text_completion";

    private void WriteChunk(Utf8JsonWriter json, string? text, string? finish, bool withRole = false)
    {
        WriteHead(json, ChunkObject);
        BeginChoice(json);
        if (_isChat)
        {
            json.WriteStartObject("delta");
            if (withRole)
                json.WriteString("role", "assistant");
            if (text is not null)
                json.WriteString("content", text);
            json.WriteEndObject();
        }
        else
        {
            json.WriteString("text", text ?? "");
        }

        EndChoice(json, finish);
        if (call.IncludeUsage)
            json.WriteNull("usage");
        json.WriteEndObject();
    }

    private void WriteHead(Utf8JsonWriter json, string kind)
    {
        json.WriteStartObject();
        json.WriteString("id", call.Request.Id);
        json.WriteString("object", kind);
        json.WriteNumber("created", created.ToUnixTimeSeconds());
        json.WriteString("model", call.Request.ModelId);
    }

    private static void BeginChoice(Utf8JsonWriter json)
    {
        json.WriteStartArray("choices");
        json.WriteStartObject();
        json.WriteNumber("index", 0);
    }

    private static void EndChoice(Utf8JsonWriter json, string? finish)
    {
        json.WriteNull("logprobs");
        json.WriteString("finish_reason", finish);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteUsage(Utf8JsonWriter json, ChatDelta last)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", last.PromptTokens);
        json.WriteNumber("completion_tokens", last.GeneratedTokens);
        json.WriteNumber("total_tokens", last.PromptTokens + last.GeneratedTokens);
        json.WriteEndObject();
    }

    // Clients throw at a reason that they do not know; failed and cancelled answers end with an error instead.
    private static string FinishText(FinishReason? finish) => finish == FinishReason.Length ? "length" : "stop";
}
