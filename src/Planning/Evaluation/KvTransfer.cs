using E2LLM.Planning.Costs;
using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Evaluation;

/// <summary>Seconds that one mean prompt's KV cache keeps the busiest network interface between two replicas. Thread-safe.</summary>
/// <remarks>
/// The receiver cuts the layers differently, so each sender has a piece for each receiver whose range overlaps its own. A device has
/// one interface: its pieces go one after the other, those of different devices at the same time.
/// </remarks>
public sealed class KvTransfer
{
    private readonly FleetCosts _fleet;
    private readonly double[] _bytes;

    public KvTransfer(ServingCosts serving)
    {
        _fleet = serving.Fleet;
        _bytes = serving.KvPromptBytes;
    }

    public double Seconds(GroupPlan from, GroupPlan to)
    {
        var longest = 0.0;
        var firstSent = 0;
        Span<double> receiving = stackalloc double[to.Stages.Length];
        receiving.Clear();
        foreach (var (sender, endSent) in from.Stages)
        {
            var sending = 0.0;
            var firstKept = 0;
            for (var index = 0; index < to.Stages.Length; index++)
            {
                var (receiver, endKept) = to.Stages[index];
                var (first, end) = (Math.Max(firstSent, firstKept), Math.Min(endSent, endKept));
                if (first < end)
                {
                    var link = _fleet.Link(sender, receiver);
                    var seconds = link.LatencySeconds + (_bytes[end] - _bytes[first]) / link.BandwidthBytesPerSecond;
                    sending += seconds;
                    receiving[index] += seconds;
                }
                firstKept = endKept;
            }
            longest = Math.Max(longest, sending);
            firstSent = endSent;
        }
        foreach (var seconds in receiving)
            longest = Math.Max(longest, seconds);
        return longest;
    }
}
