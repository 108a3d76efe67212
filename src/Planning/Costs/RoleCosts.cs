using E2LLM.Core.Plans;

namespace E2LLM.Planning.Costs;

/// <summary>What one mean request costs on every device in one role and with one micro-batch size.</summary>
/// <remarks>
/// Two sums of the same calls. <see cref="Busy"/>: seconds that a request keeps a stage busy, shared with the other sequences of its
/// micro-batch; the largest over the stages limits the rate. <see cref="Slot"/>: seconds that a request spends at a stage while it
/// holds its decode slot, divided by the micro-batch size; the sum over the stages, divided by the number of micro-batches, limits
/// the rate too: with fewer micro-batches than stages, stages idle.
/// </remarks>
public sealed class RoleCosts
{
    private readonly FleetCosts _costs;
    private readonly double _prefillChunks;
    private readonly int _chunkRows;
    private readonly double _decodeSteps;
    private readonly double[] _kvBytes = [];
    private readonly double _kvBandwidth = double.PositiveInfinity;

    internal RoleCosts(ServingCosts serving, ReplicaRole role, int microBatchSequences)
    {
        _costs = serving.Fleet;
        Role = role;
        MicroBatchSequences = microBatchSequences;
        _prefillChunks = role == ReplicaRole.Decoder ? 0 : serving.ChunksPerPrompt;
        _chunkRows = (int)Math.Ceiling(serving.ChunkTokens);
        _decodeSteps = role == ReplicaRole.Prefill ? 0 : serving.DecodeSteps;
        MaxMicroBatches = role == ReplicaRole.Prefill ? int.MaxValue : serving.MaxConcurrency / microBatchSequences;
        var count = serving.Fleet.DeviceCount;
        Busy = new LinearCost[count];
        Slot = new LinearCost[count];
        for (var device = 0; device < count; device++)
        {
            var prefill = _prefillChunks == 0 ? default : Prompt(serving.Fleet.Prefill(device, serving.ChunkTokens));
            var decode = _decodeSteps == 0
                ? default
                : _decodeSteps / microBatchSequences * serving.Fleet.Decode(device, microBatchSequences, serving.ContextTokens);
            Busy[device] = prefill + decode;
            Slot[device] = role == ReplicaRole.Prefill ? default : 1.0 / microBatchSequences * prefill + decode;
        }
        (HopSeconds, SlotHopSeconds) = FastestHop();
        if (role != ReplicaRole.Mixed && count > 1)
        {
            _kvBytes = serving.KvPromptBytes;
            _kvBandwidth = _costs.DistinctLinks().Max(pair => _costs.Link(pair.From, pair.To).BandwidthBytesPerSecond);
            KvSecondsPerLayer = Enumerable.Range(0, _costs.LayerCount).Min(layer => _kvBytes[layer + 1] - _kvBytes[layer]) / _kvBandwidth;
        }
    }

    public ReplicaRole Role { get; }

    /// <summary>Sequences in a decode micro-batch; 1 and not read for PREFILL.</summary>
    public int MicroBatchSequences { get; }

    /// <summary>Micro-batches that the KV cache and the engine's sequence limit allow.</summary>
    public int MaxMicroBatches { get; }

    public LinearCost[] Busy { get; }

    public LinearCost[] Slot { get; }

    /// <summary>The least seconds that a request keeps any link of the fleet busy; that of every link where all are alike.</summary>
    public double HopSeconds { get; }

    /// <summary>As <see cref="HopSeconds"/>, for <see cref="Slot"/>.</summary>
    public double SlotHopSeconds { get; }

    /// <summary>The least seconds that one layer of a prompt's KV cache takes through a device's interface on its way between replicas; 0 for MIXED.</summary>
    public double KvSecondsPerLayer { get; }

    /// <summary>Seconds that a request's KV cache of the layers [first, end) takes through an interface at the fleet's best link.</summary>
    public double KvSeconds(int first, int end) => _kvBytes.Length == 0 ? 0 : (_kvBytes[end] - _kvBytes[first]) / _kvBandwidth;

    /// <summary>Prefix sums [layers + 1] of <see cref="KvSeconds"/>; null for MIXED.</summary>
    public double[]? KvSecondsPrefix => _kvBytes.Length == 0 ? null : [.. _kvBytes.Select(bytes => bytes / _kvBandwidth)];

    /// <summary>The most layers whose KV cache an interface passes in so many seconds.</summary>
    public int KvLayersWithin(double seconds) => KvSecondsPerLayer == 0
        ? int.MaxValue
        : (int)Math.Min(int.MaxValue, seconds / KvSecondsPerLayer + 1e-9);

    /// <summary>Seconds that a request keeps a link busy.</summary>
    public double HopSecondsOf(int from, int to) =>
        (_prefillChunks == 0 ? 0 : _prefillChunks * _costs.HopSeconds(from, to, _chunkRows))
        + (_decodeSteps == 0 ? 0 : _decodeSteps / MicroBatchSequences * _costs.HopSeconds(from, to, MicroBatchSequences));

    /// <summary>Seconds that a request spends on a link while it holds its slot, divided by the micro-batch size.</summary>
    public double SlotHopSecondsOf(int from, int to) => Role == ReplicaRole.Prefill
        ? 0
        : _prefillChunks / MicroBatchSequences * _costs.HopSeconds(from, to, _chunkRows)
            + _decodeSteps / MicroBatchSequences * _costs.HopSeconds(from, to, MicroBatchSequences);

    // A prompt needs the head once, for its last row.
    private LinearCost Prompt(LinearCost chunk) =>
        new(_prefillChunks * chunk.FixedSeconds, _prefillChunks * chunk.SecondsPerWork, chunk.HeadSeconds);

    private (double Busy, double Slot) FastestHop()
    {
        if (_costs.DeviceCount < 2)
            return (0, 0);
        var (busy, slot) = (double.PositiveInfinity, double.PositiveInfinity);
        foreach (var (from, to) in _costs.DistinctLinks())
        {
            busy = Math.Min(busy, HopSecondsOf(from, to));
            slot = Math.Min(slot, SlotHopSecondsOf(from, to));
        }
        return (busy, slot);
    }
}
