using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;

namespace E2LLM.Planning.Costs;

/// <summary>
/// What one mean request costs on every device in one role, with one micro-batch size and one of the engine choices, or at least with any of several.
/// </summary>
/// <remarks>
/// Two sums of the same calls. <see cref="Busy"/>: seconds that a request keeps a stage busy, shared with the other sequences of its
/// micro-batch; the largest over the stages limits the rate. <see cref="Slot"/>: seconds that a request spends at a stage while it
/// holds its decode slot, divided by the micro-batch size; the sum over the stages, divided by the number of micro-batches, limits
/// the rate too: with fewer micro-batches than stages, stages idle. Of several sizes each figure is the least, and micro-batches are of one
/// sequence, as many as any of the sizes has sequences at once: a group's time with these costs is at most its time with any of the sizes.
/// </remarks>
public sealed class RoleCosts
{
    /// <summary>Prompt tokens of one step while an answer is being written, as the scheduler has them by default.</summary>
    public const int PromptRowsBesideDecode = 64;

    private readonly ServingCosts _serving;
    private readonly double _pieceRows;
    private readonly HopCosts _hops;
    private readonly EngineChoice? _choice;
    private readonly LayerCapacities? _inOwnType;

    internal RoleCosts(ServingCosts serving, ReplicaRole role, int microBatchSequences, EngineChoice choice)
    {
        _serving = serving;
        _choice = choice;
        Capacities = choice.Capacities;
        _inOwnType = choice.InOwnType;
        Role = role;
        MicroBatchSequences = LeastSequences = microBatchSequences;
        var fleet = serving.Fleet;
        var prefillChunks = role == ReplicaRole.Decoder ? 0 : serving.ChunksPerPrompt;
        var decodeSteps = role == ReplicaRole.Prefill ? 0 : serving.DecodeSteps;
        // While answers are written, a prompt is read in pieces beside them: as many as there are steps cost no call of their own.
        _pieceRows = Math.Min(PromptRowsBesideDecode, serving.ChunkTokens);
        var pieces = serving.Workload.MeanInputTokens / _pieceRows;
        var riding = Math.Min(pieces, (double)decodeSteps / microBatchSequences);
        var alone = pieces - riding;
        MaxMicroBatches = role == ReplicaRole.Prefill ? int.MaxValue : choice.MaxConcurrency / microBatchSequences;
        Busy = new LinearCost[fleet.DeviceCount];
        Slot = new LinearCost[fleet.DeviceCount];
        for (var device = 0; device < fleet.DeviceCount; device++)
        {
            var prefill = prefillChunks == 0 ? default : Prompt(prefillChunks, fleet.Prefill(device, serving.ChunkTokens));
            if (role == ReplicaRole.Mixed)
                prefill = LinearCost.Least(prefill, Riding(device, riding, alone));
            var decode = decodeSteps == 0
                ? default
                : decodeSteps / microBatchSequences * fleet.Decode(device, microBatchSequences, serving.ContextTokens, choice.Settings.KvType);
            Busy[device] = prefill + decode;
            Slot[device] = role == ReplicaRole.Prefill ? default : 1.0 / microBatchSequences * prefill + decode;
        }
        var chunkRows = (int)Math.Ceiling(serving.ChunkTokens);
        var pieceRows = (int)Math.Ceiling(_pieceRows);
        _hops = new HopCosts(fleet.Named, Hop(fleet.DefaultLink), [.. fleet.Named.Links.Select(Hop)]);

        (double, double) Hop(LinkSpec link)
        {
            var prompt = prefillChunks == 0 ? 0 : prefillChunks * fleet.HopSeconds(link, chunkRows);
            if (role == ReplicaRole.Mixed)
                prompt = Math.Min(prompt, riding * (fleet.HopSeconds(link, microBatchSequences + pieceRows) - fleet.HopSeconds(link, microBatchSequences))
                    + alone * fleet.HopSeconds(link, pieceRows));
            var answer = decodeSteps == 0 ? 0 : decodeSteps / microBatchSequences * fleet.HopSeconds(link, microBatchSequences);
            return (prompt + answer, role == ReplicaRole.Prefill ? 0 : prompt / microBatchSequences + answer);
        }
    }

    /// <summary>The least of several sizes in the same role: costs are the lowest, and devices hold the most layers.</summary>
    internal RoleCosts(ServingCosts serving, IReadOnlyList<RoleCosts> sizes)
    {
        _serving = serving;
        Capacities = LayerCapacities.Most(sizes.Select(costs => costs.Capacities));
        // Closed to a group where each of them is.
        _inOwnType = sizes.All(costs => costs._inOwnType is not null) ? LayerCapacities.Least(sizes.Select(costs => costs._inOwnType!)) : null;
        Role = sizes[0].Role;
        MicroBatchSequences = 1;
        LeastSequences = sizes.Min(costs => costs.LeastSequences);
        MaxMicroBatches = sizes.Max(costs => costs.MaxMicroBatches * costs.MicroBatchSequences);
        var count = serving.Fleet.DeviceCount;
        Busy = new LinearCost[count];
        Slot = new LinearCost[count];
        for (var device = 0; device < count; device++)
        {
            var (busy, slot) = (sizes[0].Busy[device], sizes[0].MicroBatchSequences * sizes[0].Slot[device]);
            foreach (var costs in sizes.Skip(1))
                (busy, slot) = (LinearCost.Least(busy, costs.Busy[device]), LinearCost.Least(slot, costs.MicroBatchSequences * costs.Slot[device]));
            (Busy[device], Slot[device]) = (busy, slot);
        }
        _hops = HopCosts.Least([.. sizes.Select(costs => (costs._hops, (double)costs.MicroBatchSequences))]);
    }

    public ReplicaRole Role { get; }

    /// <summary>The engine settings, of one size; not of the least of several.</summary>
    public EngineChoice Choice => _choice ?? throw new InvalidOperationException("The least costs of several sizes belong to no engine settings.");

    /// <summary>Layers that devices hold at most.</summary>
    public LayerCapacities Capacities { get; }

    /// <summary>Sequences in a decode micro-batch; 1 and not read for PREFILL.</summary>
    public int MicroBatchSequences { get; }

    /// <summary>The least of the sizes that these are the costs of.</summary>
    public int LeastSequences { get; }

    /// <summary>Micro-batches that the KV cache and the engine's sequence limit allow.</summary>
    public int MaxMicroBatches { get; }

    public LinearCost[] Busy { get; }

    public LinearCost[] Slot { get; }

    /// <summary>Bytes a second that a KV cache goes through each device's interface at its best link: from a PREFILL, to a DECODER; null for MIXED.</summary>
    public double[]? KvBytesPerSecond => Busy.Length == 1 ? null : Role switch
    {
        ReplicaRole.Prefill => _serving.SentBytesPerSecond,
        ReplicaRole.Decoder => _serving.ReceivedBytesPerSecond,
        _ => null,
    };

    /// <summary>Seconds that a request's KV cache of the layers [first, end) takes through a device's interface at its best link; 0 for MIXED.</summary>
    public double KvSeconds(int device, int first, int end) =>
        KvBytesPerSecond is { } rates ? (_serving.KvPromptBytes[end] - _serving.KvPromptBytes[first]) / rates[device] : 0;

    /// <summary>The most layers whose KV cache a device's interface passes in so many seconds.</summary>
    public int KvLayersWithin(int device, double seconds) =>
        KvBytesPerSecond is { } rates ? _serving.Capacities.WithinKvBytes(seconds * rates[device]) : int.MaxValue;

    /// <summary>Whether the devices hold the model, as far as the sum of their longest ranges tells, and may have these settings.</summary>
    public bool Holds(ReadOnlySpan<int> devices) => Capacities.Hold(devices) && IsOpenTo(devices);

    /// <summary>Whether the devices may have these settings: any with the request's own KV type, others only for want of memory.</summary>
    public bool IsOpenTo(ReadOnlySpan<int> devices) => _inOwnType is null || !_inOwnType.Hold(devices);

    /// <summary>Seconds that a request keeps a link busy.</summary>
    public double HopSecondsOf(int from, int to) => _hops.Of(from, to).Busy;

    /// <summary>Seconds that a request spends on a link while it holds its slot, divided by the micro-batch size.</summary>
    public double SlotHopSecondsOf(int from, int to) => _hops.Of(from, to).Slot;

    /// <summary>The hops that no order of the devices is below; exactly those of every order where their links are alike.</summary>
    public GroupHops LeastHops(ReadOnlySpan<int> devices) => _hops.Within(devices);

    /// <summary>The least hop to or from a device, and the least slot time of one from it, with whatever other devices.</summary>
    internal (double Busy, double Slot) LeastHop(int device) => _hops.LeastOf(device, Busy.Length);

    /// <summary>
    /// Whether every group is at least as fast with the other costs, to rounding, each in as many micro-batches as may be and without a minimum
    /// speed: mostly true of the larger of two sizes where the KV cache holds as many micro-batches of it.
    /// </summary>
    internal bool IsNoBetterThan(RoleCosts other, int[] devices) => IsNoBetterThan(other, devices, 1.0 / MaxMicroBatches, 1.0 / other.MaxMicroBatches);

    /// <summary>The same with a minimum speed, for which fewer of them may have to do: of the same size, with no fewer micro-batches.</summary>
    internal bool IsNoBetterAtAnySpeedThan(RoleCosts other, int[] devices) =>
        MicroBatchSequences == other.MicroBatchSequences && MaxMicroBatches <= other.MaxMicroBatches && IsNoBetterThan(other, devices, 1, 1);

    private bool IsNoBetterThan(RoleCosts other, int[] devices, double share, double otherShare)
    {
        const double Rounding = 1 + 1e-12;
        if (!Choice.IsCoveredBy(other.Choice, devices))
            return false;
        foreach (var device in devices)
            if (!LinearCost.IsAtMost(other.Busy[device], Rounding * Busy[device])
                || !LinearCost.IsAtMost(otherShare * other.Slot[device], Rounding * share * Slot[device]))
                return false;
        return _hops.All.Zip(other._hops.All).All(pair =>
            pair.Second.Busy <= Rounding * pair.First.Busy && otherShare * pair.Second.Slot <= Rounding * share * pair.First.Slot);
    }

    private LinearCost Riding(int device, double riding, double alone)
    {
        var (fleet, piece) = (_serving.Fleet, _serving.Fleet.Prefill(device, _pieceRows));
        var head = fleet.HeadSeconds(device, MicroBatchSequences + 1) - fleet.HeadSeconds(device, MicroBatchSequences);
        return new LinearCost(
            alone * piece.FixedSeconds,
            riding * fleet.RiderSeconds(device, MicroBatchSequences, _pieceRows) + alone * piece.SecondsPerWork,
            Math.Max(0, head));
    }

    // A prompt needs the head once, for its last row.
    private static LinearCost Prompt(double chunks, LinearCost chunk) => new(chunks * chunk.FixedSeconds, chunks * chunk.SecondsPerWork, chunk.HeadSeconds);
}
