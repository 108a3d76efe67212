using E2LLM.Core.Engines;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Protocols.HandOff;

namespace E2LLM.Scheduling.Tests.Protocols.HandOff;

public sealed class SlotOpeningsTests
{
    [Fact]
    public void IsOpenSince_SlotGivenAway_NamesOnlyTheLatestStep()
    {
        var slots = new SlotOpenings();
        slots.Note(Step(3, SequenceCommand.Open(1, SamplingOptions.Greedy)));
        Assert.True(slots.IsOpenSince(1, 3));

        slots.Note(Step(4, SequenceCommand.Close(1), SequenceCommand.Open(1, SamplingOptions.Greedy)));

        Assert.False(slots.IsOpenSince(1, 3));
        Assert.True(slots.IsOpenSince(1, 4));
        Assert.False(slots.IsOpenSince(0, 4));
    }

    [Fact]
    public void IsOpenSince_ClosedSlot_IsFalse()
    {
        var slots = new SlotOpenings();
        slots.Note(Step(3, SequenceCommand.Open(1, SamplingOptions.Greedy)));

        slots.Note(Step(4, SequenceCommand.Close(1)));

        Assert.False(slots.IsOpenSince(1, 3));
    }

    private static StageStep Step(long number, params SequenceCommand[] commands) => new() { StepNumber = number, Commands = [.. commands], Rows = [] };
}
