using E2LLM.Cli.Rendering;
using E2LLM.Core.Requests;

namespace E2LLM.Cli.Tests.Rendering;

public sealed class TimelineTableTests
{
    private static readonly RequestTimeline Mixed = new()
    {
        AcceptedAt = default,
        PromptTokens = 7,
        GeneratedTokens = 3,
        QueuedSeconds = 0.0005,
        PrefillStartSeconds = 0.001,
        PrefillEndSeconds = 0.003,
        FirstTokenSeconds = 0.0031,
        LastTokenSeconds = 0.0051,
        DoneSeconds = 0.006,
        Replica = "1/r0",
    };

    [Fact]
    public void Create_OneReplica_ShowsTheWaitForThePrompt() =>
        Assert.Contains(Rendered.Lines(TimelineTable.Create(Mixed)), line => line.Contains("wait") && line.Contains("1.0 ms") && line.Contains("until the prompt was begun"));

    [Fact]
    public void Create_HandOff_ShowsTheWaitAndItsTwoParts()
    {
        var split = Mixed with { DecoderReplica = "1/r1", DecoderSlotSeconds = 0.002, KvSentSeconds = 0.0032, DecodeStartSeconds = 0.0044, KvBytes = 2048, KvTransferSeconds = 0.0005 };

        var lines = Rendered.Lines(TimelineTable.Create(split));

        Assert.Contains(lines, line => line.Contains("2.2 ms") && line.Contains("1.0 ms until the prompt was begun, 1.2 ms from the complete cache to the decode"));
        Assert.Contains(lines, line => line.Contains("2.0 KiB from 1/r0 to 1/r1, which had room at 2.0 ms and went on at 4.4 ms"));
    }
}
