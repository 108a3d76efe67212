using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Core.Workloads;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Evaluation;
using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Tests.Evaluation;

/// <summary>Groups of one device with eight layers: a decode step takes as long whatever its rows, or as long as its rows.</summary>
public class SlotPoolTests
{
    private const int Slots = 4;

    [Fact]
    public void SustainedPerSecond_OfLongAnswersThatRunLong_IsThatOfTheCellsWhichTheyHold()
    {
        // 40 cells: 4 mean requests of 10 tokens, or 40 / (5 + 5 * 2) of those that run at a moment.
        var varied = Pool(Workload(1, outputScv: 1));
        var constant = Pool(Workload(1, outputScv: 0));
        Assert.Equal(40.0 / 15, varied.MostSequences, 9);
        Assert.Equal(4, constant.MostSequences, 9);
        Assert.True(varied.SustainedPerSecond < constant.SustainedPerSecond);
    }

    [Fact]
    public void Over_LightLoad_HoldsASlotForAsLongAsALoneRequestDoes()
    {
        var workload = Workload(0.001, outputScv: 0);
        var (wait, service, _, _) = Pool(workload).Over(0.001, 0.5, 100);
        Assert.Equal(Steps(workload) * 8, service, 1e-2 * service);
        Assert.InRange(wait.WaitSeconds, 0, 1e-3);
    }

    [Fact]
    public void Over_Overload_QueuesFromWhenTheSlotsAreFull()
    {
        // 4 slots for 32 s each at a request in 4 s: full after 32 ln 2 s, then the queue grows by 1/8 of a request a second.
        var (full, horizon) = (32 * Math.Log(2), 4000 * 4.0);
        var growing = horizon - full;
        var queued = growing / 8;
        var area = 0.5 * growing * queued + 0.5 * queued * queued * 8;
        var (wait, service, _, _) = Pool(Workload(0.25, outputScv: 0)).Over(0.25, 0.5, 4000);
        Assert.Equal(area / 4000, wait.FluidSeconds, 0.05 * area / 4000);
        Assert.Equal(32, service, 0.5);
    }

    [Fact]
    public void Over_OverloadThatEndsBeforeTheSlotsAreFull_HardlyWaits()
    {
        var (wait, _, _, _) = Pool(Workload(0.25, outputScv: 0)).Over(0.25, 0.5, 4);
        Assert.InRange(wait.WaitSeconds, 0, 2);
    }

    [Fact]
    public void Over_TwoUnlikeGroups_GivesTheSlowOneNothingUntilTheFastOneIsAsSlow()
    {
        var serving = Serving(Workload(1, outputScv: 0), (10_000, 1), (10_000, 100));
        var planner = new GroupPlanner(serving);
        GroupPlan[] groups = [planner.Best([0], ReplicaRole.Decoder)!, planner.Best([1], ReplicaRole.Decoder)!];
        var fast = SlotPool.Of(groups.AsSpan(0, 1), ReplicaRole.Decoder, serving).Over(0.01, 0.5, 100).ServiceSeconds;
        Assert.Equal(fast, SlotPool.Of(groups, ReplicaRole.Decoder, serving).Over(0.01, 0.5, 100).ServiceSeconds, 0.02 * fast);
    }

    [Fact]
    public void Occupancy_OfAMixedGroup_CountsThePromptsOfTheOthersIntoItsTokens()
    {
        var serving = Serving(Workload(1, outputScv: 0), (10_000, 1));
        var planner = new GroupPlanner(serving);
        var mixed = planner.Best([0], ReplicaRole.Mixed)!.Occupancy(serving);
        var decoder = planner.Best([0], ReplicaRole.Decoder)!.Occupancy(serving);
        // Alone: a prompt of five tokens in five calls of a row each, then the answer.
        Assert.Equal(decoder.LeastSeconds + 5 * 8, mixed.LeastSeconds, 9);
        // With others its own prompt takes as many steps, and theirs ride in those of its answer.
        Assert.True(
            mixed.Seconds(4) > decoder.Seconds(4) + (mixed.LeastSeconds - decoder.LeastSeconds) * 1.5, $"{mixed.Seconds(4)} s with four in MIXED, {decoder.Seconds(4)} in DECODER");
    }

    private static double Steps(WorkloadSpec workload) => workload.MeanOutputTokens - 1;

    private static WorkloadSpec Workload(double rate, double outputScv) => new()
    {
        Name = "w", RequestsPerSecond = rate, MeanInputTokens = 5, MeanOutputTokens = 5, OutputTokensScv = outputScv,
    };

    private static SlotPool Pool(WorkloadSpec workload)
    {
        var serving = Serving(workload, (10_000, 1));
        return SlotPool.Of([new GroupPlanner(serving).Best([0], ReplicaRole.Decoder)!], ReplicaRole.Decoder, serving);
    }

    // Steps of so many rows take as long as of one, so that slots alone count.
    private static ServingCosts Serving(WorkloadSpec workload, params ReadOnlySpan<(long MemoryBytes, double SecondsPerLayer)> devices)
    {
        var request = Fixtures.Request(Fixtures.Model(), devices);
        return new ServingCosts(request with
        {
            Engine = request.Engine with { KvCells = 40, MaxSequences = Slots },
            Profiles = [.. request.Profiles.Select(profile => profile with
            {
                Decode = [new DecodePoint(1, 1, profile.Decode[0].SecondsPerLayer), new DecodePoint(Slots, 1, profile.Decode[0].SecondsPerLayer)],
            })],
            Workload = workload,
        });
    }
}
