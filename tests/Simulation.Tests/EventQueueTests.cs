using E2LLM.Simulation.Kernel;

namespace E2LLM.Simulation.Tests;

public sealed class EventQueueTests
{
    [Fact]
    public void Run_GoesByTimeAndThenByTheOrderOfScheduling()
    {
        var events = new EventQueue();
        List<string> happened = [];
        events.At(2, () => happened.Add("last"));
        events.At(1, () =>
        {
            happened.Add("first");
            events.At(1, () => happened.Add("third"));
        });
        events.At(1, () => happened.Add("second"));
        events.Run(CancellationToken.None);
        Assert.Equal(["first", "second", "third", "last"], happened);
        Assert.Equal(2, events.NowSeconds);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void At_ATimeThatIsNone_Throws(double seconds) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new EventQueue().At(seconds, () => { }));
}
