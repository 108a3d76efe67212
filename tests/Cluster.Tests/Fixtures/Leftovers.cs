using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Grains.Interfaces.Stages;

namespace E2LLM.Cluster.Tests.Fixtures;

/// <summary>What requests leave behind when all of them have ended: kept prefixes, the same ones on every stage, and nothing else.</summary>
internal static class Leftovers
{
    /// <summary>No request, no reserved cell and no transfer is left anywhere, and no sequence that is not a kept prefix.</summary>
    public static async Task AssertNothingButPrefixesAsync(TestFog fog)
    {
        var replicas = await fog.AllDrainedAsync();
        Assert.All(replicas, replica => Assert.Equal(
            (0, 0, 0), (replica.ReservedKvCells, replica.HeldRequests, replica.AwaitingKvRequests)));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (true)
        {
            // The stages hear of the end of a transfer a moment after the replica has let go.
            var stages = await fog.StagesByReplicaAsync();
            if (replicas.Zip(stages).All(pair => HoldJustThePrefixes(pair.First, pair.Second)))
                return;
            Assert.False(limit.IsCancellationRequested, string.Join('\n', replicas) + '\n' + string.Join('\n', stages.SelectMany(of => of)));
        }
    }

    /// <summary>As <see cref="AssertNothingButPrefixesAsync"/>, and there are no prefixes either.</summary>
    public static async Task AssertNothingAsync(TestFog fog)
    {
        await AssertNothingButPrefixesAsync(fog);
        Assert.All(await fog.AllDrainedAsync(), replica => Assert.Equal((0, 0), (replica.KeptPrefixes, replica.KeptKvCells)));
    }

    private static bool HoldJustThePrefixes(ReplicaStatus replica, StageStatus[] stages) =>
        stages.All(stage => (stage.Usage.OpenSequences, stage.KvTransfers) == (replica.KeptPrefixes, 0))
        && stages.All(stage => stage.Usage.KvCellsInUse == stages[0].Usage.KvCellsInUse)
        && AreCellsOfThePrefixes(stages[0].Usage.KvCellsInUse, replica);

    /// <summary>The replica counts a cell for every prefix that holds it, a stage once: they agree where nothing was ever shared.</summary>
    private static bool AreCellsOfThePrefixes(int cells, ReplicaStatus replica) =>
        replica.PrefixHits == 0 ? cells == replica.KeptKvCells : cells <= replica.KeptKvCells && (cells > 0) == (replica.KeptKvCells > 0);
}
