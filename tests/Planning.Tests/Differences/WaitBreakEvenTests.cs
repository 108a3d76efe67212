using E2LLM.Core.Plans;
using E2LLM.Planning.Differences;

namespace E2LLM.Planning.Tests.Differences;

public class WaitBreakEvenTests
{
    [Fact]
    public void Seconds_BacklogOfTheMove_IsPaidBackByWhatEachRequestSaves()
    {
        // 10 s at 1 request/s: 10 requests wait 5 s each, and the backlog goes at 1 request/s more than arrive, in 10 s: 100 s of waiting in
        // all. Each later request saves 2 s.
        var seconds = WaitBreakEven.Seconds(1, 10, Prediction(wait: 3, service: 4, capacity: 1.5), Prediction(wait: 1, service: 4, capacity: 2));

        Assert.Equal(50, seconds!.Value, 1e-9);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(3, 2)]
    public void Seconds_NothingSavedOrOverload_IsNull(double rate, double saved) => Assert.Null(WaitBreakEven.Seconds(
        rate, 10, Prediction(wait: 1, service: 4, capacity: 2), Prediction(wait: rate > 2 ? 1 - saved / 4 : 1, service: 4, capacity: 2)));

    private static PlanPrediction Prediction(double wait, double service, double capacity) => new()
    {
        MeanWaitSeconds = wait,
        P90WaitSeconds = wait,
        TtftSeconds = 1,
        TpotSeconds = 1,
        ServiceSeconds = service,
        CapacityRequestsPerSecond = capacity,
    };
}
