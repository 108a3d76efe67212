using E2LLM.Planning.Workloads;
using E2LLM.Simulation.Workloads;

namespace E2LLM.Simulation.Tests;

public sealed class DiurnalSamplerTests
{
    [Fact]
    public void Draw_OfADay_HasMostAtThePeakAndFewestTwelveHoursLater()
    {
        var requests = DiurnalSampler.Draw(WorkloadPresets.Get("extended"), least: 1, most: 4, 14 * 3600, DiurnalSampler.DaySeconds, seed: 1, maxTokens: 4000);
        Assert.InRange(requests.Length / DiurnalSampler.DaySeconds, 2.47, 2.53);
        Assert.InRange(InHour(13) / 3600.0, 3.8, 4.1);
        Assert.InRange(InHour(1) / 3600.0, 0.94, 1.1);
        Assert.InRange(InHour(7) / 3600.0, 2.1, 2.5);
        Assert.Equal(requests.OrderBy(request => request.ArrivalSeconds), requests);
        Assert.InRange(requests.Average(request => request.PromptTokens), 550, 590);

        int InHour(int hour) => requests.Count(request => (int)(request.ArrivalSeconds / 3600) == hour);
    }
}
