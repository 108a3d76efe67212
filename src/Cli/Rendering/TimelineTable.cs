using E2LLM.Core.Requests;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace E2LLM.Cli.Rendering;

/// <summary>Where a request's time went.</summary>
internal static class TimelineTable
{
    public static IRenderable Create(RequestTimeline timeline)
    {
        var phases = new Table().Title(timeline.DecoderReplica.Length == 0
            ? $"Request on replica {Markup.Escape(timeline.Replica)}"
            : $"Request read by replica {Markup.Escape(timeline.Replica)} and answered by {Markup.Escape(timeline.DecoderReplica)}").RoundedBorder();
        phases.AddColumns("phase", "took", "at", "");
        phases.Columns[1].RightAligned();
        phases.Columns[2].RightAligned();
        Add(phases, "wait", timeline.WaitSeconds, timeline.PrefillStartSeconds, Wait(timeline));
        Add(phases, "prefill", timeline.PrefillSeconds, timeline.PrefillEndSeconds,
            $"{timeline.PromptTokens} prompt tokens, first token at {Units.Seconds(timeline.TimeToFirstTokenSeconds)} (TTFT)");
        if (timeline.KvSentSeconds is not null)
            Add(phases, "KV hand-off", timeline.KvTransferSeconds, timeline.KvSentSeconds, HandOff(timeline));
        Add(phases, "decode", timeline.LastTokenSeconds - timeline.FirstTokenSeconds, timeline.LastTokenSeconds, Decode(timeline));
        Add(phases, "whole", timeline.DoneSeconds, timeline.DoneSeconds, $"{timeline.GeneratedTokens} tokens written");

        var devices = new Table().Title("Compute of the steps it took part in").RoundedBorder();
        devices.AddColumns("device", "layers", "prefill", "decode");
        devices.Columns[2].RightAligned();
        devices.Columns[3].RightAligned();
        foreach (var device in timeline.Devices)
            devices.AddRow(Markup.Escape(device.DeviceId), $"{device.FirstLayer}-{device.FirstLayer + device.LayerCount - 1}",
                Units.Seconds(device.PrefillSeconds), Units.Seconds(device.DecodeSeconds));
        return new Rows(phases, devices);
    }

    private static string Wait(RequestTimeline timeline) => timeline.DecoderWaitSeconds is { } decoder
        ? $"{Units.Seconds(timeline.QueueWaitSeconds)} until the prompt was begun, {Units.Seconds(decoder)} from the complete cache to the decode"
        : "until the prompt was begun";

    private static string HandOff(RequestTimeline timeline) =>
        $"{Units.Bytes(timeline.KvBytes)} from {timeline.Replica} to {timeline.DecoderReplica}, "
        + $"which had room at {Units.Seconds(timeline.DecoderSlotSeconds)} and went on at {Units.Seconds(timeline.DecodeStartSeconds)}";

    private static string Decode(RequestTimeline timeline) => timeline.SecondsPerOutputToken is { } seconds and > 0
        ? $"{1 / seconds:0.0} tokens/s, {Units.Seconds(seconds)} a token (TPOT)"
        : "";

    private static void Add(Table table, string phase, double? tookSeconds, double? atSeconds, string note) =>
        table.AddRow(phase, Units.Seconds(tookSeconds), Units.Seconds(atSeconds), Markup.Escape(note));
}
