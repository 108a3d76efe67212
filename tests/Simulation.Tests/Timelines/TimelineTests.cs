using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Timelines;
using E2LLM.Simulation.Workloads;

namespace E2LLM.Simulation.Tests.Timelines;

public sealed class TimelineTests
{
    private static readonly SimulatedRequest[] Requests = [.. Enumerable.Range(0, 30).Select(index => new SimulatedRequest(0.2 * index, 300 + 10 * index, 40))];

    [Fact]
    public void Recorder_StagesOfARun_AreBusyInOrderWithoutOverlapAsLongAsTheResultSays()
    {
        var (request, plan) = UnlikeReplicas.Split();
        var timeline = new TimelineRecorder();

        var result = new FogSimulator(request, plan, new SimulationOptions(), timeline).Run(Requests, CancellationToken.None);

        foreach (var stage in timeline.Stages.GroupBy(busy => busy.DeviceId))
        {
            Assert.All(stage, busy => Assert.True(busy.FromSeconds < busy.ToSeconds && busy.DecodeRows + busy.PromptRows > 0));
            Assert.All(stage.Zip(stage.Skip(1)), pair => Assert.True(pair.First.ToSeconds <= pair.Second.FromSeconds && pair.First.Step < pair.Second.Step));
            Assert.Equal(result.BusyShares[stage.Key], stage.Sum(busy => busy.ToSeconds - busy.FromSeconds) / result.DurationSeconds, 1e-9);
        }
        Assert.Equal(Requests.Sum(one => one.PromptTokens), timeline.Stages.Where(busy => busy.Stage == 0).Sum(busy => busy.PromptRows));
    }

    [Fact]
    public void Recorder_KvTransfers_CarryWhatTheRequestsSay()
    {
        var (request, plan) = UnlikeReplicas.Split();
        var timeline = new TimelineRecorder();

        var result = new FogSimulator(request, plan, new SimulationOptions(), timeline).Run(Requests, CancellationToken.None);

        Assert.NotEmpty(timeline.Transfers);
        Assert.All(timeline.Transfers, transfer => Assert.Equal(result.Requests[(int)transfer.Request].KvBytes, transfer.Bytes));
        Assert.Equal(result.KvBytes, timeline.Transfers.Sum(transfer => transfer.Bytes), 1e-3);
        Assert.All(timeline.Transfers, transfer => Assert.Equal(("reader", true), (transfer.FromReplica, transfer.FromSeconds < transfer.ToSeconds)));
    }

    [Fact]
    public void Run_ThatIsListenedTo_GivesTheSameTimes()
    {
        var (request, plan) = UnlikeReplicas.Split();

        Assert.Equal(
            new FogSimulator(request, plan, new SimulationOptions()).Run(Requests, CancellationToken.None).Requests.AsEnumerable(),
            new FogSimulator(request, plan, new SimulationOptions(), new TimelineRecorder()).Run(Requests, CancellationToken.None).Requests);
    }

    [Fact]
    public void Recorder_OfALongRun_KeepsItsBeginningAndSaysSo()
    {
        var (request, plan) = UnlikeReplicas.Mixed();
        var (whole, cut) = (new TimelineRecorder(), new TimelineRecorder(maxIntervals: 5));
        foreach (var timeline in new[] { whole, cut })
            new FogSimulator(request, plan, new SimulationOptions(), timeline).Run(Requests, CancellationToken.None);

        Assert.Equal((false, true), (whole.IsCut, cut.IsCut));
        Assert.Equal(whole.Stages.Take(5), cut.Stages);
    }
}
