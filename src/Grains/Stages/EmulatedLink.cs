using E2LLM.Core.Fleets;
using E2LLM.Core.Timing;
using E2LLM.Scheduling.Links;

namespace E2LLM.Grains.Stages;

/// <summary>Holds frames back as long as the link would take. Frames on the way at once overlap; each leaves when the one before has.</summary>
internal sealed class EmulatedLink(LinkSpec link, TimeProvider time)
{
    private readonly LinkSchedule _schedule = new(link);
    private readonly OwedTime _owed = new(time);

    /// <returns>Seconds that the link takes for the frame.</returns>
    public async Task<double> CarryAsync(long bytes, CancellationToken cancellationToken)
    {
        var seconds = _schedule.Send(time.GetTimestamp() / (double)time.TimestampFrequency, bytes);
        if (seconds > 0)
            await _owed.WaitAsync(TimeSpan.FromSeconds(seconds), cancellationToken);
        return seconds;
    }
}
