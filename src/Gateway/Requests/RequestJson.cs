using System.Collections.Immutable;
using System.Text.Json;
using E2LLM.Core.Requests;
using E2LLM.Gateway.OpenAi;
using E2LLM.Grains.Interfaces.Requests;

namespace E2LLM.Gateway.Requests;

/// <summary>A request's journal without its prompt and answer.</summary>
internal static class RequestJson
{
    public static void Write(Utf8JsonWriter json, RequestRecord record)
    {
        json.WriteStartObject();
        json.WriteString("id", record.Request.Id);
        json.WriteString("object", "request");
        json.WriteString("model", record.Request.ModelId);
        json.WriteString("phase", Name(record.Phase));
        json.WriteString("finish", record.Finish is { } finish ? Name(finish) : null);
        json.WriteNumber("prompt_tokens", Count(record.Request.PromptTokens, record.Timeline?.PromptTokens));
        json.WriteNumber("generated_tokens", Count(record.GeneratedTokens, record.Timeline?.GeneratedTokens));
        json.WriteNumber("max_tokens", record.Request.MaxTokens);
        json.WritePropertyName("failure");
        WriteFailure(json, record.Failure);
        json.WritePropertyName("timeline");
        WriteTimeline(json, record.Timeline);
        json.WriteEndObject();
    }

    private static void WriteFailure(Utf8JsonWriter json, RequestFailure? failure)
    {
        if (failure is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        json.WriteString("party", Name(failure.Party));
        json.WriteString("phase", Name(failure.Phase));
        json.WriteString("message", PublicText.Of(failure.Message));
        json.WriteString("device", failure.DeviceId);
        json.WriteBoolean("may_retry", failure.MayRetry);
        json.WriteEndObject();
    }

    private static void WriteTimeline(Utf8JsonWriter json, RequestTimeline? timeline)
    {
        if (timeline is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        json.WriteString("accepted_at", timeline.AcceptedAt);
        json.WriteString("replica", timeline.Replica);
        json.WriteString("decoder_replica", timeline.DecoderReplica);
        WriteSeconds(json, "queued_seconds", timeline.QueuedSeconds);
        WriteSeconds(json, "prefill_start_seconds", timeline.PrefillStartSeconds);
        WriteSeconds(json, "prefill_end_seconds", timeline.PrefillEndSeconds);
        WriteSeconds(json, "decoder_slot_seconds", timeline.DecoderSlotSeconds);
        WriteSeconds(json, "kv_sent_seconds", timeline.KvSentSeconds);
        WriteSeconds(json, "decode_start_seconds", timeline.DecodeStartSeconds);
        WriteSeconds(json, "first_token_seconds", timeline.FirstTokenSeconds);
        WriteSeconds(json, "last_token_seconds", timeline.LastTokenSeconds);
        WriteSeconds(json, "done_seconds", timeline.DoneSeconds);
        WriteSeconds(json, "wait_seconds", timeline.WaitSeconds);
        WriteSeconds(json, "queue_wait_seconds", timeline.QueueWaitSeconds);
        WriteSeconds(json, "slot_wait_seconds", timeline.SlotWaitSeconds);
        WriteSeconds(json, "decoder_wait_seconds", timeline.DecoderWaitSeconds);
        WriteSeconds(json, "prefill_seconds", timeline.PrefillSeconds);
        WriteSeconds(json, "kv_transfer_seconds", timeline.KvTransferSeconds);
        json.WriteNumber("kv_bytes", timeline.KvBytes);
        WriteSeconds(json, "time_to_first_token_seconds", timeline.TimeToFirstTokenSeconds);
        WriteSeconds(json, "seconds_per_output_token", timeline.SecondsPerOutputToken);
        WriteSeconds(json, "end_to_end_seconds", timeline.EndToEndSeconds);
        json.WriteStartArray("token_seconds");
        foreach (var seconds in timeline.TokenSeconds)
            json.WriteNumberValue(seconds);
        json.WriteEndArray();
        json.WriteStartArray("devices");
        foreach (var device in timeline.Devices.IsDefault ? [] : timeline.Devices)
        {
            json.WriteStartObject();
            json.WriteString("id", device.DeviceId);
            json.WriteNumber("first_layer", device.FirstLayer);
            json.WriteNumber("layer_count", device.LayerCount);
            json.WriteNumber("prefill_seconds", device.PrefillSeconds);
            json.WriteNumber("decode_seconds", device.DecodeSeconds);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteSeconds(Utf8JsonWriter json, string name, double? seconds)
    {
        if (seconds is { } value)
            json.WriteNumber(name, value);
        else
            json.WriteNull(name);
    }

    /// <summary>A journal without text knows how many tokens there were.</summary>
    private static int Count(ImmutableArray<int> tokens, int? counted) => tokens.IsDefaultOrEmpty ? counted ?? 0 : tokens.Length;

    private static string Name(Enum value) => value.ToString().ToLowerInvariant();
}
