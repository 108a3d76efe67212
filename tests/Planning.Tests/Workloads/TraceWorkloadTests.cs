using E2LLM.Core.Errors;
using E2LLM.Planning.Workloads;

namespace E2LLM.Planning.Tests.Workloads;

public class TraceWorkloadTests
{
    [Fact]
    public void Of_Trace_GivesMeansAndSpreads()
    {
        var workload = TraceWorkload.Of([new(0, 100, 10), new(2, 200, 10), new(4, 300, 10)], "t", "test");

        Assert.Equal(0.5, workload.RequestsPerSecond, 9);
        Assert.Equal(200, workload.MeanInputTokens);
        Assert.Equal(1 / 6.0, workload.InputTokensScv, 9);
        Assert.Equal((0.0, 0.0, 3), (workload.OutputTokensScv, workload.ArrivalScv, workload.HorizonRequests));
    }

    [Fact]
    public void Of_OneRequest_GivesNoRate() => Assert.Contains(
        "1 requests", Assert.Throws<ConfigurationException>(() => TraceWorkload.Of([new(0, 2, 3)], "t", "test")).Message);

    [Fact]
    public void Of_AllAtOnce_GivesNoRate() => Assert.Contains(
        "TIMESTAMP is the same", Assert.Throws<ConfigurationException>(() => TraceWorkload.Of([new(0, 2, 3), new(0, 2, 3)], "t", "test")).Message);
}
