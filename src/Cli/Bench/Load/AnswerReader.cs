using System.Text.Json;
using E2LLM.Cli.Bench.Measures;

namespace E2LLM.Cli.Bench.Load;

/// <summary>Makes an answer of the events of a stream of chat completion chunks.</summary>
internal sealed class AnswerReader
{
    private readonly List<double> _contentSeconds = [];
    private bool _hasFinish;
    private RequestFault? _fault;

    /// <summary>When each piece of text came.</summary>
    public IReadOnlyList<double> ContentSeconds => _contentSeconds;

    public int? PromptTokens { get; private set; }

    public int? AnswerTokens { get; private set; }

    public string? RequestId { get; private set; }

    /// <summary>Nothing that counts will come any more.</summary>
    public bool IsDone => EndSeconds is not null;

    /// <summary>When [DONE], or an error, came; null before.</summary>
    public double? EndSeconds { get; private set; }

    /// <summary>What is wrong, once the stream is at its end; null for a whole answer.</summary>
    public RequestFault? Fault => _fault switch
    {
        not null => _fault,
        null when !IsDone && !_hasFinish => new RequestFault("broken stream", "The stream ended without a finish reason and without [DONE]."),
        null when _contentSeconds.Count == 0 => new RequestFault("no text", "The answer has no text."),
        _ => null,
    };

    /// <summary>Takes the data of one event.</summary>
    public void Read(string data, double atSeconds)
    {
        if (data == "[DONE]")
        {
            EndSeconds = atSeconds;
            return;
        }
        try
        {
            using var chunk = JsonDocument.Parse(data);
            Read(chunk.RootElement, atSeconds);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            Fail($"An event is no chunk of an answer: {error.Message}", atSeconds);
        }
    }

    private void Read(JsonElement chunk, double atSeconds)
    {
        if (Object(chunk, "error") is { } fault)
        {
            Fail(Text(fault, "message") ?? fault.ToString(), atSeconds);
            return;
        }
        RequestId ??= Text(chunk, "id");
        if (Object(chunk, "usage") is { } usage)
        {
            PromptTokens = Count(usage, "prompt_tokens") ?? PromptTokens;
            AnswerTokens = Count(usage, "completion_tokens") ?? AnswerTokens;
        }
        if (!chunk.TryGetProperty("choices", out var choices))
            return;
        foreach (var choice in choices.EnumerateArray())
        {
            // Some servers put what a model thinks into a field of its own; it is text that was generated all the same.
            if (Object(choice, "delta") is { } delta
                && (HasText(delta, "content") || HasText(delta, "reasoning_content") || HasText(delta, "reasoning")))
                _contentSeconds.Add(atSeconds);
            _hasFinish |= Text(choice, "finish_reason") is not null;
        }
    }

    private void Fail(string message, double atSeconds)
    {
        _fault = new RequestFault("error in stream", message);
        EndSeconds = atSeconds;
    }

    private static bool HasText(JsonElement element, string name) => !string.IsNullOrEmpty(Text(element, name));

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static int? Count(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count)
            ? count
            : null;

    private static JsonElement? Object(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;
}
