using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using E2LLM.Cli.Bench.Arrivals;
using E2LLM.Cli.Bench.Load;
using E2LLM.Cli.Bench.Measures;

namespace E2LLM.Cli.Bench.Reports;

/// <summary>A run for programs; README.md in the folder above is the reference of its members.</summary>
internal static class BenchJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // it is no part of a web page
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static string Write(BenchReport report)
    {
        var settings = report.Settings;
        return JsonSerializer.Serialize(new
        {
            schema = "e2llm-bench-serve/1",
            version = typeof(BenchJson).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion,
            startedAt = report.StartedAt,
            server = report.Server,
            model = report.Model,
            timesAre = "measured by the client over HTTP",
            percentiles = "nearest rank",
            latencyFrom = settings.Load.IsOpenLoop ? "due" : "sent",
            seed = settings.Seed,
            arrivals = settings.Load.Kind == LoadKind.Rate ? settings.Arrivals : (object?)null,
            burstiness = settings is { Load.Kind: LoadKind.Rate, Arrivals: ArrivalPattern.Gamma } ? settings.Burstiness : (double?)null,
            trace = settings.TracePath,
            prompts = report.Prompts,
            requestedPromptTokens = settings.PromptFile is null && settings.TracePath is null ? settings.PromptTokens : (int?)null,
            requestedAnswerTokens = settings.TracePath is null ? settings.AnswerTokens : (int?)null,
            warmupRequests = settings.WarmupRequests,
            timeoutSeconds = settings.TimeoutSeconds,
            objective = settings.Objective,
            knee = settings.IsSweep
                ? new { load = report.Knee?.Value, isBracketed = report.IsKneeBracketed, report.RequiredAttainment }
                : null,
            loads = report.Loads.Select(Load),
        }, Options);
    }

    private static object Load(LoadResult load) => new
    {
        kind = load.Load.Kind,
        value = load.Load.Value,
        sent = load.Sent,
        succeeded = load.Succeeded,
        metObjective = load.MetObjective,
        faults = load.Faults,
        load.DurationSeconds,
        load.RequestsPerSecond,
        load.GoodputPerSecond,
        load.PromptTokensPerSecond,
        load.AnswerTokensPerSecond,
        ttftSeconds = load.Ttft,
        itlSeconds = load.Itl,
        tpotSeconds = load.Tpot,
        e2eSeconds = load.E2e,
        queueSeconds = load.Queue,
        sendLagSeconds = load.SendLag,
        promptTokens = load.PromptTokens,
        answerTokens = load.AnswerTokens,
        requests = load.Outcomes.Select(outcome => new
        {
            outcome.Index,
            outcome.DueSeconds,
            outcome.SentSeconds,
            outcome.EndSeconds,
            outcome.TtftSeconds,
            outcome.TpotSeconds,
            outcome.E2eSeconds,
            outcome.QueueSeconds,
            outcome.PromptTokens,
            outcome.AnswerTokens,
            outcome.RequestId,
            outcome.Fault,
        }),
    };
}
