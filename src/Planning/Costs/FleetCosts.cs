using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Planning.Requests;

namespace E2LLM.Planning.Costs;

/// <summary>
/// A plan request as numbers: devices by index, prefix sums over layers, times by table, links by pair. Read-only. Layers are
/// <see cref="CutUnits"/>, here and in all that is made of it.
/// </summary>
public sealed class FleetCosts
{
    private readonly ProfileTable[] _tables;
    private readonly DeviceProfile[] _profiles;
    private readonly LinkSpec _defaultLink;

    /// <summary>The request must be valid: see <see cref="PlanRequestCheck"/>.</summary>
    public FleetCosts(PlanRequest request)
    {
        Request = request;
        Units = new CutUnits(request.Model);
        Memory = EngineChoice.SettingsOf(request).Where(engine => engine.KvType == request.Engine.KvType)
            .Select(engine => new StageMemory(request.Model, engine)).MinBy(memory => memory.TotalBytes)!;
        var fleet = request.Fleet;
        DeviceCount = fleet.Devices.Length;
        var indexes = fleet.Devices.Select((device, index) => (device.Id, index)).ToDictionary(pair => pair.Id, pair => pair.index, StringComparer.Ordinal);
        _profiles = new DeviceProfile[DeviceCount];
        foreach (var profile in request.Profiles)
            _profiles[indexes[profile.DeviceId]] = profile;
        _tables = [.. _profiles.Select(profile => new ProfileTable(profile))];
        MemoryBytes = [.. _profiles.Select((profile, index) => Math.Min(profile.MemoryBytes, fleet.Devices[index].MemoryBytes))];
        Named = new NamedLinks(fleet.Links.Select(link => (indexes[link.From], indexes[link.To], link)), DeviceCount);
        _defaultLink = new LinkSpec
        {
            From = "",
            To = "",
            BandwidthBytesPerSecond = fleet.DefaultBandwidthBytesPerSecond,
            LatencySeconds = fleet.DefaultLatencySeconds,
        };
        LayerWork = Prefix(Units.Sums(request.Model.LayerFlopsPerToken.IsDefaultOrEmpty
            ? [.. request.Model.LayerBytes.Select(bytes => (double)bytes)]
            : request.Model.LayerFlopsPerToken));
    }

    public PlanRequest Request { get; }

    public ModelSpec Model => Request.Model;

    public CutUnits Units { get; }

    /// <summary>With the engine settings that take the least, of those with the request's own KV type.</summary>
    public StageMemory Memory { get; }

    public int DeviceCount { get; }

    public int LayerCount => Units.Count;

    /// <summary>Memory that a plan may use, by device.</summary>
    public long[] MemoryBytes { get; }

    /// <summary>
    /// Prefix sums [layers + 1] of the layers' relative work, 1 for a layer of mean size: their arithmetic, or their bytes where it is
    /// not known. One measure for prefill and decode: arithmetic counts the active weights, which a decode step has to read.
    /// </summary>
    public double[] LayerWork { get; }

    /// <summary>Whether every pair of devices has the default link.</summary>
    public bool HasUniformLinks => Named.Count == 0;

    internal NamedLinks Named { get; }

    internal LinkSpec DefaultLink => _defaultLink;

    /// <summary>Whether the device may hold the first layer or the last.</summary>
    public bool MayHoldEnds(int device) => !Request.TrustedEnds || Request.Fleet.Devices[device].IsTrusted;

    /// <summary>Whether the device may hold the layers [first, end), and has the memory for them.</summary>
    public bool MayHold(int device, StageMemory memory, int first, int end) =>
        memory.StageBytes(first, end) <= MemoryBytes[device] && ((first > 0 && end < LayerCount) || MayHoldEnds(device));

    public string DeviceId(int device) => Request.Fleet.Devices[device].Id;

    /// <summary>A decode step of one micro-batch.</summary>
    /// <param name="device">Index in the fleet.</param>
    /// <param name="batch">Sequences in the micro-batch.</param>
    /// <param name="contextTokens">Tokens that each of them has in the cache.</param>
    /// <param name="kvType">What the cache is made of.</param>
    public LinearCost Decode(int device, int batch, double contextTokens, KvCacheType kvType) => new(
        _profiles[device].CallSeconds,
        Units.MeanLayers * _tables[device].DecodeSecondsPerLayer(batch, contextTokens, kvType),
        _tables[device].HeadSeconds(batch));

    /// <summary>A chunk of prefill. Its head cost is one row's and comes once a prompt: the caller scales it.</summary>
    public LinearCost Prefill(int device, double chunkTokens) => new(
        _profiles[device].CallSeconds,
        Units.MeanLayers * _tables[device].PrefillSecondsPerLayer(chunkTokens),
        _tables[device].HeadSeconds(1));

    /// <summary>What so many rows of a prompt add to a layer of mean size in a decode step of so many sequences, whose weights are read anyway.</summary>
    internal double RiderSeconds(int device, int batch, double promptRows) => Units.MeanLayers * Math.Max(
        0, _tables[device].PrefillSecondsPerLayer(batch + promptRows) - _tables[device].PrefillSecondsPerLayer(batch));

    internal double HeadSeconds(int device, int rows) => _tables[device].HeadSeconds(rows);

    public LinkSpec Link(int from, int to) => Named.Number(from, to) is var number && number < 0 ? _defaultLink : Named.Links[number];

    /// <summary>The highest bandwidth of any link from a device, or to it; infinite where there is none.</summary>
    internal double BestBandwidth(int device, bool sends)
    {
        var named = sends ? Named.Out(device) : Named.In(device);
        return named.Select(link => Named.Links[link.Number]).Concat(named.Length < DeviceCount - 1 ? [_defaultLink] : [])
            .Select(link => link.BandwidthBytesPerSecond).DefaultIfEmpty(double.PositiveInfinity).Max();
    }

    internal DeviceProfile Profile(int device) => _profiles[device];

    /// <summary>Seconds of the transfer of so many rows of hidden state.</summary>
    public double HopSeconds(int from, int to, int rows) => HopSeconds(Link(from, to), rows);

    internal double HopSeconds(LinkSpec link, int rows) => link.TransferSeconds(rows * Model.HiddenBytesPerToken);

    private static double[] Prefix(IEnumerable<double> weights)
    {
        var all = weights.ToArray();
        var prefix = new double[all.Length + 1];
        if (Array.TrueForAll(all, weight => weight == all[0]))
        {
            // Whole numbers, so that equal layers give exactly equal times wherever a range starts.
            for (var layer = 0; layer < all.Length; layer++)
                prefix[layer + 1] = layer + 1;
            return prefix;
        }
        var mean = all.Average();
        for (var layer = 0; layer < all.Length; layer++)
            prefix[layer + 1] = prefix[layer] + all[layer] / mean;
        return prefix;
    }
}
