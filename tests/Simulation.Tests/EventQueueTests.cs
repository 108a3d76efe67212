using E2LLM.Simulation.Kernel;

namespace E2LLM.Simulation.Tests;

public sealed class EventQueueTests
{
    [Fact]
    public void Run_GoesByTimeThenByKindThenByTheOrderOfScheduling()
    {
        var events = new EventQueue();
        List<string> happened = [];
        events.At(2, EventKind.Fleet, () => happened.Add("last"));
        events.At(1, EventKind.Arrival, () => happened.Add("arrival"));
        events.At(1, EventKind.Step, () =>
        {
            happened.Add("first step");
            events.At(1, EventKind.Step, () => happened.Add("third step"));
            events.At(1, EventKind.Timer, () => happened.Add("timer"));
        });
        events.At(1, EventKind.Step, () => happened.Add("second step"));
        events.At(1, EventKind.Transfer, () => happened.Add("transfer"));
        events.At(1, EventKind.Fleet, () => happened.Add("fleet"));
        events.Run(CancellationToken.None);
        Assert.Equal(["fleet", "first step", "second step", "third step", "transfer", "arrival", "timer", "last"], happened);
        Assert.Equal(2, events.NowSeconds);
        Assert.Equal(8, events.Happened);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void At_ATimeThatIsNone_Throws(double seconds) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new EventQueue().At(seconds, EventKind.Timer, () => { }));
}
