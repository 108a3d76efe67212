using E2LLM.Cli.Rendering;
using E2LLM.Core.Plans;
using E2LLM.Core.Statistics;

namespace E2LLM.Cli.Tests.Rendering;

public sealed class LatencyTableTests
{
    [Fact]
    public void Create_SplitModel_HasARowForModelRolesAndReplicas()
    {
        var wait = new ValueSummary { Count = 9, Mean = 0.002, P50 = 0.0001, P90 = 0.005, P99 = 0.0125, Max = 0.02 };
        var ttft = new ValueSummary { Count = 9, Mean = 1.5, P50 = 1, P90 = 2, P99 = 3, Max = 4 };

        var lines = Rendered.Lines(LatencyTable.Create(new RequestStatistics
        {
            Since = new DateTimeOffset(2024, 5, 6, 7, 8, 9, TimeSpan.Zero),
            Whole = new() { Requests = 12, Failed = 2, Refused = 4, Cancelled = 1, Replays = 3, Figures = [new(RequestFigure.Wait, wait), new(RequestFigure.TimeToFirstToken, ttft)] },
            Roles = [new() { Role = ReplicaRole.Prefill, Requests = 12 }],
            Replicas = [new() { Role = ReplicaRole.Prefill, Replica = "3/r0", Requests = 4 }],
        }));

        Assert.Contains(lines, line => line.Contains("Requests since 2024-05-06 07:08 UTC"));
        Assert.Contains(lines, line => Cells(line) is ["the model", "12", "2", "4", "1", "3", "2.0 ms, 0.1 / 5.0 / 12.5 ms", "1.50 s, 1.00 / 2.00 / 3.00 s", "-", "-"]);
        Assert.Contains(lines, line => Cells(line) is ["PREFILL", "12", ..]);
        Assert.Contains(lines, line => Cells(line) is ["3/r0 PREFILL", "4", ..]);
    }

    private static string[] Cells(string line) => line.Trim('│').Split('│', StringSplitOptions.TrimEntries);
}
