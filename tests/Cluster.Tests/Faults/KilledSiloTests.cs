using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Cluster.Tests.HandOff;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Inference.Synthetic;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Xunit.Abstractions;

namespace E2LLM.Cluster.Tests.Faults;

/// <summary>A machine is gone in the midst of everything, with its replica and with the grains of some requests.</summary>
public sealed class KilledSiloTests(ITestOutputHelper output)
{
    private const int Silos = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>A replica on each silo.</summary>
    private static readonly SplitPlanner OneEach = new(
        (ReplicaRole.Mixed, [("a", 3), ("b", 5)]), (ReplicaRole.Mixed, [("c", 4), ("d", 4)]), (ReplicaRole.Mixed, [("e", 2), ("f", 6)]));

    [Fact]
    public async Task Run_SiloKilledUnderLoad_ItsRequestsGoOnElsewhereAndTheOthersNoticeNothing()
    {
        await using var fog = await TestFog.ServeAsync(Options());
        // What does not survive its silo yet: the plan, and the requests whose grains live there.
        var planSilo = await fog.SiloOfAsync(fog.Plan);
        var victim = Enumerable.Range(0, Silos).First(silo => silo != planSilo);
        var requests = Enumerable.Range(0, 45).Select(index => Synthetic.Request($"k{index}", 10 + index, maxTokens: 150, (uint)index)).ToArray();
        // They are read from a silo that stays, as by its gateway.
        var gateway = fog.Silos[planSilo].GetRequiredService<IGrainFactory>();
        var running = requests.Select(request => TryAsync(gateway, request)).ToArray();
        await UntilAsync(fog, replicas => replicas.All(replica => replica.GeneratedTokens > 100));
        var homes = await Task.WhenAll(requests.Select(request => fog.SiloOfAsync(fog.Request(request.Id))));

        await fog.KillSiloAsync(victim);

        var ends = await Task.WhenAll(running).WaitAsync(Patience, TimeProvider.System);
        var (lost, replayed, untouched) = (0, 0, 0);
        foreach (var (index, (answer, exception)) in ends.Index())
        {
            if (answer is null)
            {
                Assert.True(homes[index] == victim, $"{requests[index].Id} lived on silo {homes[index]}, not on {victim}: {exception}");
                lost++;
                continue;
            }
            SplitFog.AssertExact(requests[index], answer);
            if (answer.Last.Timeline!.Replays > 0)
                replayed++;
            else
                untouched++;
        }
        output.WriteLine($"{lost} lost with their grains, {replayed} went on elsewhere, {untouched} noticed nothing");
        Assert.True(replayed > 0, "nobody went on elsewhere");
        Assert.True(untouched > 0, "everybody was disturbed");
        await UntilAsync(fog, replicas => replicas.All(replica =>
            (replica.QueuedRequests, replica.RunningRequests, replica.ReservedKvCells, replica.StepsInFlight) == (0, 0, 0, 0)));
        Assert.Equal(Silos - 1, (await fog.Plan.GetStatusAsync()).Replicas.Count(replica => replica.IsServing));
        var after = Synthetic.Request("after");
        SplitFog.AssertExact(after, await TestFog.RunAsync(after, gateway));
    }

    private static TestFogOptions Options() => Synthetic.Options(
        [[Synthetic.Device("a"), Synthetic.Device("b")], [Synthetic.Device("c"), Synthetic.Device("d")], [Synthetic.Device("e"), Synthetic.Device("f")]],
        Synthetic.Engines(new SyntheticTiming { CallSeconds = 2e-3 })) with
    {
        Planner = OneEach,
        Serving = serving => serving.KvLeaseSeconds = 3,
        Silo = silo => silo.Configure<ClusterMembershipOptions>(membership =>
        {
            (membership.ProbeTimeout, membership.NumMissedProbesLimit) = (TimeSpan.FromSeconds(1), 2);
            membership.TableRefreshTimeout = TimeSpan.FromSeconds(2);
        }),
    };

    private static async Task<(Answer? Answer, Exception? Exception)> TryAsync(IGrainFactory gateway, GenerationRequest request)
    {
        try
        {
            return (await TestFog.RunAsync(request, gateway), null);
        }
        catch (Exception exception)
        {
            return (null, exception);
        }
    }

    /// <summary>Asks until the replicas are as they should be, and gives up after a while.</summary>
    private static async Task UntilAsync(TestFog fog, Func<IReadOnlyList<ReplicaStatus>, bool> isSo)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (await fog.Plan.GetStatusAsync() is not { Phase: PlanPhase.Ready } status || !isSo(status.Replicas))
            limit.Token.ThrowIfCancellationRequested();
    }
}
