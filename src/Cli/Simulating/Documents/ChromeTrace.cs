using System.Text.Json;
using E2LLM.Cli.Planning;
using E2LLM.Simulation.Timelines;

namespace E2LLM.Cli.Simulating.Documents;

/// <summary>The timeline in the trace event format that chrome://tracing and Perfetto open: a process a replica, a thread a stage, one more process for KV caches on their way.</summary>
internal static class ChromeTrace
{
    private const int FlushBytes = 1 << 16;

    public static void Write(Stream stream, SimulationReport report)
    {
        var timeline = report.Timeline!;
        var plan = report.TimelineCell.Plan!;
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteString("displayTimeUnit", "ms");
        json.WriteStartObject("otherData");
        json.WriteString("planner", plan.Planner);
        json.WriteNumber("requestsPerSecond", report.TimelineCell.RequestsPerSecond);
        json.WriteNumber("seed", report.Experiment.FirstSeed);
        json.WriteString("times", "simulated, virtual microseconds");
        json.WriteEndObject();
        json.WriteStartArray("traceEvents");
        var processes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var replica in plan.Replicas)
        {
            var process = processes[replica.Id] = processes.Count + 1;
            Name(json, "process_name", process, 0, $"{replica.Id} {RoleNames.Of(replica.Role)}");
            for (var stage = 0; stage < replica.Stages.Length; stage++)
                Name(json, "thread_name", process, stage + 1, replica.Stages[stage].DeviceId);
        }
        foreach (var busy in timeline.Stages)
        {
            Begin(json, Kind(busy), Kind(busy), processes[busy.Replica], busy.Stage + 1, busy.FromSeconds, busy.ToSeconds);
            json.WriteNumber("step", busy.Step);
            json.WriteNumber("decodeRows", busy.DecodeRows);
            json.WriteNumber("promptRows", busy.PromptRows);
            End(json);
        }
        WriteTransfers(json, timeline.Transfers, processes.Count + 1);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Asynchronous events, for several caches may be on their way at once.</summary>
    private static void WriteTransfers(Utf8JsonWriter json, IReadOnlyList<KvTransfer> transfers, int process)
    {
        if (transfers.Count == 0)
            return;
        Name(json, "process_name", process, 0, "KV caches");
        foreach (var transfer in transfers)
        {
            Asynchronous(json, "b", transfer, process, transfer.FromSeconds);
            Asynchronous(json, "e", transfer, process, transfer.ToSeconds);
        }
    }

    private static void Asynchronous(Utf8JsonWriter json, string phase, KvTransfer transfer, int process, double seconds)
    {
        json.WriteStartObject();
        json.WriteString("name", $"{transfer.FromReplica} to {transfer.ToReplica}");
        json.WriteString("cat", "kv");
        json.WriteString("ph", phase);
        json.WriteString("id", $"{transfer.Request}");
        json.WriteNumber("pid", process);
        json.WriteNumber("tid", 1);
        json.WriteNumber("ts", Microseconds(seconds));
        json.WriteStartObject("args");
        json.WriteNumber("request", transfer.Request);
        json.WriteNumber("bytes", transfer.Bytes);
        End(json);
    }

    private static string Kind(StageBusy busy) => busy switch
    {
        { DecodeRows: 0 } => "prompt",
        { PromptRows: 0 } => "answers",
        _ => "prompt and answers",
    };

    private static void Name(Utf8JsonWriter json, string what, int process, int thread, string name)
    {
        json.WriteStartObject();
        json.WriteString("name", what);
        json.WriteString("ph", "M");
        json.WriteNumber("pid", process);
        json.WriteNumber("tid", thread);
        json.WriteStartObject("args");
        json.WriteString("name", name);
        End(json);
    }

    /// <summary>A complete event, up to its arguments.</summary>
    private static void Begin(Utf8JsonWriter json, string name, string category, int process, int thread, double fromSeconds, double toSeconds)
    {
        // To the nanosecond; the end is rounded too, and not the duration, so that an event never reaches into the next.
        var (from, to) = (Microseconds(fromSeconds), Microseconds(toSeconds));
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("cat", category);
        json.WriteString("ph", "X");
        json.WriteNumber("pid", process);
        json.WriteNumber("tid", thread);
        json.WriteNumber("ts", from);
        json.WriteNumber("dur", to - from);
        json.WriteStartObject("args");
    }

    private static void End(Utf8JsonWriter json)
    {
        json.WriteEndObject();
        json.WriteEndObject();
        if (json.BytesPending > FlushBytes)
            json.Flush();
    }

    private static decimal Microseconds(double seconds) => Math.Round((decimal)seconds * 1_000_000m, 3);
}
