using System.Text.Json;

namespace E2LLM.Gateway.OpenAi;

/// <summary>An error in the OpenAI API's form: a status and a body with four keys, none of which is ever left out.</summary>
internal sealed record OpenAiError(int Status, string Type, string? Code, string? Parameter, string Message)
{
    public const string InvalidRequest = "invalid_request_error";
    public const string RateLimit = "rate_limit_error";
    public const string Server = "server_error";

    /// <summary>Whether the client is told to come again.</summary>
    public bool MayRetry => Status is 429 or 503;

    /// <summary>When it should; null where nobody can tell.</summary>
    public double? RetryAfterSeconds { get; init; }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteString("message", Message);
        json.WriteString("type", Type);
        json.WriteString("param", Parameter);
        json.WriteString("code", Code);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
