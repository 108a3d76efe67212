using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace E2LLM.Gateway.Telemetry;

/// <summary>Metrics of the front door, by OpenTelemetry's conventions for generative AI.</summary>
internal sealed class GatewayInstruments
{
    public const string MeterName = "E2LLM";

    // The conventions' bounds, and three more for slow fleets.
    private static readonly InstrumentAdvice<double> LongSeconds = new()
    {
        HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 120],
    };

    private static readonly InstrumentAdvice<double> TokenSeconds = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 10],
    };

    private static readonly InstrumentAdvice<long> Tokens = new()
    {
        HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576],
    };

    private readonly Histogram<double> _requestDuration;
    private readonly Histogram<double> _timeToFirstToken;
    private readonly Histogram<double> _timePerOutputToken;
    private readonly Histogram<long> _tokenUsage;

    public GatewayInstruments(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _requestDuration = meter.CreateHistogram(
            "gen_ai.server.request.duration", "s", "From acceptance to the last token.", advice: LongSeconds);
        _timeToFirstToken = meter.CreateHistogram(
            "gen_ai.server.time_to_first_token", "s", "From acceptance to the first text.", advice: LongSeconds);
        _timePerOutputToken = meter.CreateHistogram(
            "gen_ai.server.time_per_output_token", "s", "Mean gap between the tokens after the first.", advice: TokenSeconds);
        _tokenUsage = meter.CreateHistogram("gen_ai.client.token.usage", "{token}", "Tokens of prompts and answers.", advice: Tokens);
    }

    public void OnFirstToken(TagList tags, double seconds) => _timeToFirstToken.Record(seconds, tags);

    public void OnOutput(TagList tags, double secondsPerToken) => _timePerOutputToken.Record(secondsPerToken, tags);

    public void OnUsage(TagList tags, int promptTokens, int generatedTokens)
    {
        _tokenUsage.Record(promptTokens, [.. tags, new("gen_ai.token.type", "input")]);
        _tokenUsage.Record(generatedTokens, [.. tags, new("gen_ai.token.type", "output")]);
    }

    /// <param name="tags">Operation, provider and model.</param>
    /// <param name="seconds">The whole request.</param>
    /// <param name="errorType">Null where it ended well.</param>
    public void OnRequest(TagList tags, double seconds, string? errorType)
    {
        if (errorType is not null)
            tags.Add("error.type", errorType);
        _requestDuration.Record(seconds, tags);
    }
}
