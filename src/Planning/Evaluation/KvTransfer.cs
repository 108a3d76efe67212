using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Evaluation;

/// <summary>How long KV caches of mean prompts keep the network interfaces between replicas busy. Thread-safe.</summary>
/// <remarks>
/// The receiver cuts the layers differently, so each sender has a piece for each receiver whose range overlaps its own. A device has
/// one interface: its pieces go one after the other, those of different devices at the same time.
/// </remarks>
public sealed class KvTransfer
{
    private const int MaxStackDevices = 1024;

    private readonly FleetCosts _fleet;
    private readonly double[] _bytes;

    public KvTransfer(ServingCosts serving)
    {
        _fleet = serving.Fleet;
        _bytes = serving.KvPromptBytes;
    }

    /// <summary>Seconds that one prompt's cache keeps the busiest interface between two replicas.</summary>
    public double Seconds(GroupPlan from, GroupPlan to) => Seconds(from, to, 0, []);

    /// <summary>What the interfaces pass while requests are routed by rate, in requests per second, and the mean seconds of a transfer.</summary>
    /// <param name="groups">Those of a plan, with both roles among them.</param>
    /// <param name="prefill">Requests per second of its PREFILL groups together.</param>
    /// <param name="decode">Of its DECODER groups.</param>
    /// <remarks>An interface that waits for none of its peers is the limit: while one receiver is busy, a sender serves another.</remarks>
    public (double PerSecond, double MeanSeconds) Capacity(ReadOnlySpan<GroupPlan> groups, double prefill, double decode)
    {
        var mean = 0.0;
        Span<double> busy = _fleet.DeviceCount <= MaxStackDevices ? stackalloc double[_fleet.DeviceCount] : new double[_fleet.DeviceCount];
        busy.Clear();
        foreach (var from in groups)
        {
            if (from.Role != ReplicaRole.Prefill)
                continue;
            foreach (var to in groups)
                if (to.Role == ReplicaRole.Decoder && from.RequestsPerSecond / prefill * (to.RequestsPerSecond / decode) is var share)
                    mean += share * Seconds(from, to, share, busy);
        }
        var busiest = 0.0;
        foreach (var seconds in busy)
            busiest = Math.Max(busiest, seconds);
        return (1 / busiest, mean);
    }

    // Adds a share of each interface's seconds to what it is busy, where that is wanted.
    private double Seconds(GroupPlan from, GroupPlan to, double share, Span<double> busy)
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
                    if (busy.Length > 0)
                        (busy[sender], busy[receiver]) = (busy[sender] + share * seconds, busy[receiver] + share * seconds);
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
