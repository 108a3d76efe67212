using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Requests;
using E2LLM.Grains.Requests;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace E2LLM.Cluster.Tests.Requests;

/// <summary>The journal of a fog's requests, past their grains.</summary>
internal static class StoredRequests
{
    /// <summary>Null where there is none.</summary>
    public static async Task<RequestRecord?> ReadAsync(TestFog fog, string id) => (await LoadAsync(fog, id)).State!.Record;

    /// <summary>Asks until a record is as wanted, and gives up after half a minute: requests write on their own time.</summary>
    public static async Task<RequestRecord> WaitAsync(TestFog fog, string id, Func<RequestRecord, bool> isWanted)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            if (await ReadAsync(fog, id) is { } record && isWanted(record))
                return record;
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>A record as a process leaves it that is killed.</summary>
    public static async Task LeaveBehindAsync(TestFog fog, string id, RequestPhase phase)
    {
        var state = await LoadAsync(fog, id);
        state.State = new RequestJournal
        {
            Record = new RequestRecord
            {
                Request = Synthetic.Request(id),
                Phase = phase,
                Timeline = new RequestTimeline { AcceptedAt = DateTimeOffset.UnixEpoch },
            },
        };
        await Storage(fog).WriteStateAsync("request", fog.Request(id).GetGrainId(), state);
    }

    private static async Task<GrainState<RequestJournal>> LoadAsync(TestFog fog, string id)
    {
        var state = new GrainState<RequestJournal>(new RequestJournal());
        await Storage(fog).ReadStateAsync("request", fog.Request(id).GetGrainId(), state);
        return state;
    }

    private static IGrainStorage Storage(TestFog fog) => fog.Silos[0].GetRequiredKeyedService<IGrainStorage>(JournalStorage.ProviderName);
}
