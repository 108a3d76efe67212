using E2LLM.Core.Plans;
using E2LLM.Planning.Differences;

namespace E2LLM.Planning.Tests.Differences;

public class PlanComparerTests
{
    private static readonly PlanRequest Request = Make();

    [Fact]
    public void Compare_SamePlan_MovesNothing()
    {
        var plan = Plan(1, ("d0", 0, 4), ("d1", 4, 8));
        var difference = PlanComparer.Compare(Request, plan, plan);
        Assert.Empty(difference.Moves);
        Assert.Equal((0L, 0.0, null), (difference.MovedBytes, difference.MoveSeconds, difference.BreakEvenSeconds));
    }

    [Fact]
    public void Compare_MovedCut_FetchesOnlyWhatIsNew()
    {
        // d1 gets layers 2 and 3 of 100 bytes at 50 bytes/s; d0 only drops them.
        var difference = PlanComparer.Compare(Request, Plan(1, ("d0", 0, 4), ("d1", 4, 8)), Plan(1.5, ("d0", 0, 2), ("d1", 2, 8)));
        Assert.Equal(["d0", "d1"], difference.Moves.Select(move => move.DeviceId));
        Assert.Equal((0L, 200L), (difference.Moves[0].ReceivedBytes, difference.Moves[1].ReceivedBytes));
        Assert.Equal(4, difference.MoveSeconds);
        Assert.Equal("MIXED layers 4-7", difference.Moves[1].Before);
        // 4 s without 1 request/s against 0.5 requests/s more.
        Assert.Equal(8, difference.BreakEvenSeconds);
    }

    [Fact]
    public void Compare_WorseCapacity_NeverBreaksEven() =>
        Assert.Null(PlanComparer.Compare(Request, Plan(1, ("d0", 0, 4), ("d1", 4, 8)), Plan(0.5, ("d0", 0, 8))).BreakEvenSeconds);

    private static ServingPlan Plan(double capacity, params (string Device, int First, int End)[] stages) => new()
    {
        ModelId = "tiny",
        Planner = "test",
        Replicas =
        [
            new ReplicaPlan
            {
                Id = "r0",
                Role = ReplicaRole.Mixed,
                Engine = Request.Engine,
                RequestsPerSecond = capacity,
                Stages =
                [
                    .. stages.Select(stage => new StagePlan
                    {
                        DeviceId = stage.Device,
                        FirstLayer = stage.First,
                        LayerCount = stage.End - stage.First,
                        WeightBytes = 0,
                        KvBytes = 0,
                    }),
                ],
            },
        ],
        Prediction = new PlanPrediction
        {
            MeanWaitSeconds = 1,
            P90WaitSeconds = 1,
            TtftSeconds = 1,
            TpotSeconds = 1,
            CapacityRequestsPerSecond = capacity,
        },
    };

    private static PlanRequest Make()
    {
        var request = Fixtures.Request(Fixtures.Model(), (10_000, 1), (10_000, 1));
        return request with { Fleet = request.Fleet with { DefaultBandwidthBytesPerSecond = 50 } };
    }
}
