using System.Text.Json;
using E2LLM.Cli.Bench.Measures;

namespace E2LLM.Cli.Bench.Load;

/// <summary>Asks a server that keeps timelines how long each request waited in its queue.</summary>
internal static class QueueWaits
{
    /// <summary>
    /// Asked after the load, so that asking is no part of it. A server that does not know its first request by name is another
    /// product, and is not asked again.
    /// </summary>
    public static async Task<IReadOnlyList<RequestOutcome>> AddAsync(
        ServerApi server, IReadOnlyList<RequestOutcome> outcomes, CancellationToken cancellationToken)
    {
        List<RequestOutcome> result = [];
        var isKnown = true;
        foreach (var outcome in outcomes)
        {
            if (!isKnown || outcome.RequestId is null || outcome.Fault is not null)
            {
                result.Add(outcome);
                continue;
            }
            var record = await TryGetAsync(server, outcome.RequestId, cancellationToken);
            isKnown = record is not null;
            result.Add(outcome with { QueueSeconds = record is { } known ? WaitSeconds(known) : null });
        }
        return result;
    }

    private static async Task<JsonElement?> TryGetAsync(ServerApi server, string requestId, CancellationToken cancellationToken)
    {
        try
        {
            return await server.TryGetAsync($"requests/{Uri.EscapeDataString(requestId)}", cancellationToken);
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private static double? WaitSeconds(JsonElement record) =>
        record.TryGetProperty("timeline", out var timeline) && timeline.ValueKind == JsonValueKind.Object
        && timeline.TryGetProperty("queued_seconds", out var queued) && queued.ValueKind == JsonValueKind.Number
        && timeline.TryGetProperty("prefill_start_seconds", out var start) && start.ValueKind == JsonValueKind.Number
            ? start.GetDouble() - queued.GetDouble()
            : null;
}
