using System.Collections.Immutable;
using System.Text.Json;
using E2LLM.Core.Statistics;

namespace E2LLM.Gateway.Statistics;

/// <summary>The statistics of a model. Every group has every figure; one without values is null.</summary>
internal static class StatisticsJson
{
    public static void Write(Utf8JsonWriter json, string modelId, RequestStatistics statistics)
    {
        json.WriteStartObject();
        json.WriteString("model", modelId);
        if (statistics.Since is { } since)
            json.WriteString("since", since);
        else
            json.WriteNull("since");
        json.WritePropertyName("whole");
        WriteGroup(json, statistics.Whole);
        WriteGroups(json, "roles", statistics.Roles);
        WriteGroups(json, "replicas", statistics.Replicas);
        json.WriteStartArray("callers");
        foreach (var caller in statistics.Callers)
            WriteCaller(json, caller);
        json.WriteEndArray();
        json.WritePropertyName("other_callers");
        if (statistics.OtherCallers is { } others)
            WriteCaller(json, others);
        else
            json.WriteNullValue();
        json.WriteEndObject();
    }

    private static void WriteCaller(Utf8JsonWriter json, CallerStatistics caller)
    {
        json.WriteStartObject();
        if (caller.CallerId.Length > 0)
            json.WriteString("caller", caller.CallerId);
        json.WriteNumber("requests", caller.Requests);
        json.WriteNumber("failed", caller.Failed);
        json.WriteNumber("refused", caller.Refused);
        json.WriteNumber("cancelled", caller.Cancelled);
        json.WriteNumber("prompt_tokens", caller.PromptTokens);
        json.WriteNumber("generated_tokens", caller.GeneratedTokens);
        json.WriteEndObject();
    }

    private static void WriteGroups(Utf8JsonWriter json, string name, ImmutableArray<RequestGroupStatistics> groups)
    {
        json.WriteStartArray(name);
        foreach (var group in groups)
            WriteGroup(json, group);
        json.WriteEndArray();
    }

    private static void WriteGroup(Utf8JsonWriter json, RequestGroupStatistics group)
    {
        json.WriteStartObject();
        if (group.Role is { } role)
            json.WriteString("role", role.ToString().ToLowerInvariant());
        if (group.Replica.Length > 0)
            json.WriteString("replica", group.Replica);
        json.WriteNumber("requests", group.Requests);
        json.WriteNumber("failed", group.Failed);
        json.WriteNumber("refused", group.Refused);
        json.WriteNumber("cancelled", group.Cancelled);
        json.WriteNumber("replays", group.Replays);
        json.WriteNumber("prompt_tokens", group.PromptTokens);
        json.WriteNumber("generated_tokens", group.GeneratedTokens);
        foreach (var figure in Enum.GetValues<RequestFigure>())
        {
            json.WritePropertyName(Name(figure));
            WriteSummary(json, group.Find(figure));
        }

        json.WriteEndObject();
    }

    private static void WriteSummary(Utf8JsonWriter json, ValueSummary? values)
    {
        if (values is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        json.WriteNumber("count", values.Count);
        json.WriteNumber("mean", values.Mean);
        json.WriteNumber("p50", values.P50);
        json.WriteNumber("p90", values.P90);
        json.WriteNumber("p99", values.P99);
        json.WriteNumber("max", values.Max);
        json.WriteEndObject();
    }

    private static string Name(RequestFigure figure) => figure switch
    {
        RequestFigure.Wait => "wait_seconds",
        RequestFigure.QueueWait => "queue_wait_seconds",
        RequestFigure.SlotWait => "slot_wait_seconds",
        RequestFigure.DecoderWait => "decoder_wait_seconds",
        RequestFigure.Prefill => "prefill_seconds",
        RequestFigure.TimeToFirstToken => "time_to_first_token_seconds",
        RequestFigure.TimePerOutputToken => "seconds_per_output_token",
        RequestFigure.InterToken => "inter_token_seconds",
        RequestFigure.EndToEnd => "end_to_end_seconds",
        RequestFigure.KvTransfer => "kv_transfer_seconds",
        RequestFigure.KvBytes => "kv_bytes",
        _ => throw new ArgumentOutOfRangeException(nameof(figure), figure, "This figure has no name."),
    };
}
