using System.Diagnostics;
using E2LLM.Core.Requests;

namespace E2LLM.Gateway.Telemetry;

/// <summary>The metrics of one request; recorded when it is disposed, however it ended.</summary>
internal sealed class RequestMeasurement(GatewayInstruments instruments, TimeProvider time, string operation, string modelId) : IDisposable
{
    private readonly long _start = time.GetTimestamp();
    private readonly TagList _tags = new()
    {
        { "gen_ai.operation.name", operation },
        { "gen_ai.provider.name", "e2llm" },
        { "gen_ai.request.model", modelId },
    };

    private double? _firstTextSeconds;

    // Whoever leaves before the last delta has given up.
    private string? _errorType = "cancelled";

    public double ElapsedSeconds => time.GetElapsedTime(_start).TotalSeconds;

    public void OnError(Exception error) => _errorType = error.GetType().Name;

    public void OnDelta(ChatDelta delta)
    {
        if (_firstTextSeconds is null && delta.Text.Length > 0)
        {
            _firstTextSeconds = ElapsedSeconds;
            instruments.OnFirstToken(_tags, _firstTextSeconds.Value);
        }

        if (delta.Finish is not { } finish)
            return;
        _errorType = finish switch
        {
            FinishReason.Failed or FinishReason.Interrupted => delta.Failure?.Party.ToString() ?? "failed",
            FinishReason.Cancelled => "cancelled",
            _ => null,
        };
        instruments.OnUsage(_tags, delta.PromptTokens, delta.GeneratedTokens);
        if (_firstTextSeconds is { } first && delta.GeneratedTokens > 1)
            instruments.OnOutput(_tags, (ElapsedSeconds - first) / (delta.GeneratedTokens - 1));
    }

    public void Dispose() => instruments.OnRequest(_tags, ElapsedSeconds, _errorType);
}
