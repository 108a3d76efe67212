using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Core.Workloads;

namespace E2LLM.Planning.Tests.Judge;

/// <summary>The cost model a second time, from its documentation: by layers, without prefix sums, tables or short cuts.</summary>
internal sealed class JudgeModel
{
    private readonly PlanRequest _request;
    private readonly ModelSpec _model;
    private readonly WorkloadSpec _workload;
    private readonly DeviceProfile[] _profiles;
    private readonly Dictionary<(int, int), LinkSpec> _links;
    private readonly double[] _work;
    private readonly double[] _kvPromptBytes;
    private readonly double _chunk;
    private readonly double _chunks;
    private readonly double _steps;
    private readonly Dictionary<(int Device, int Sequences), (double Call, double Work, double Head)> _decode = [];

    public JudgeModel(PlanRequest request)
    {
        (_request, _model, _workload) = (request, request.Model, request.Workload!);
        var ids = request.Fleet.Devices.Select(device => device.Id).ToList();
        _profiles = [.. ids.Select(id => request.Profiles.Single(profile => profile.DeviceId == id))];
        _links = request.Fleet.Links.ToDictionary(link => (ids.IndexOf(link.From), ids.IndexOf(link.To)));
        double[] work = _model.LayerFlopsPerToken.IsDefaultOrEmpty ? [.. _model.LayerBytes.Select(bytes => (double)bytes)] : [.. _model.LayerFlopsPerToken];
        _work = [.. work.Select(layer => layer / work.Average())];
        var tokens = _workload.MeanInputTokens;
        _kvPromptBytes =
        [
            .. Enumerable.Range(0, Layers).Select(layer =>
            {
                var window = _model.LayerWindowTokens.IsDefaultOrEmpty ? 0 : _model.LayerWindowTokens[layer];
                return KvBytes(layer) * (window == 0 ? tokens : Math.Min(window, tokens));
            }),
        ];
        _chunk = Math.Min(request.Engine.MaxStepTokens, tokens);
        _chunks = tokens / _chunk;
        _steps = Math.Max(1, _workload.MeanOutputTokens - 1);
        MaxSequences = Math.Clamp((int)(request.Engine.KvCells / (tokens + _workload.MeanOutputTokens)), 1, request.Engine.MaxSequences);
    }

    public int Devices => _profiles.Length;

    public int Layers => _model.LayerCount;

    /// <summary>Sequences that may be open at once.</summary>
    public int MaxSequences { get; }

    public int CutPeriod => _model.CutPeriodLayers;

    public long StageBytes(int first, int end)
    {
        var engine = _request.Engine;
        var bytes = _model.WeightBytes(first, end - first)
            + 8L * engine.MaxStepTokens * 4 * _model.EmbeddingLength + (long)engine.KvCells * engine.MaxStepTokens * (engine.FlashAttention ? 2 : 4);
        for (var layer = first; layer < end; layer++)
            bytes += engine.KvCells * KvBytes(layer);
        return end == Layers ? bytes + 4L * _model.VocabularySize * engine.MaxStepTokens : bytes;
    }

    public bool Fits(int device, int first, int end) =>
        StageBytes(first, end) <= Math.Min(_profiles[device].MemoryBytes, _request.Fleet.Devices[device].MemoryBytes);

    /// <summary>Seconds between two requests at the highest rate of a layout that fits; infinite where no micro-batch keeps the minimum speed.</summary>
    public double Seconds((int Device, int EndLayer)[] stages, ReplicaRole role, int sequences)
    {
        var (slowest, sum, first) = (0.0, 0.0, 0);
        for (var index = 0; index < stages.Length; index++)
        {
            var (device, end) = stages[index];
            var isLast = index == stages.Length - 1;
            var (work, kvBytes) = (0.0, 0.0);
            for (var layer = first; layer < end; layer++)
                (work, kvBytes) = (work + _work[layer], kvBytes + _kvPromptBytes[layer]);
            var prompt = role switch
            {
                ReplicaRole.Decoder => 0,
                ReplicaRole.Mixed => MixedPrompt(device, work, isLast, sequences),
                _ => Prompt(device, work, isLast),
            };
            var answer = role == ReplicaRole.Prefill ? 0 : Answer(device, work, isLast, sequences);
            slowest = Math.Max(slowest, prompt + answer);
            sum += prompt / sequences + answer;
            if (role != ReplicaRole.Mixed && Devices > 1)
                slowest = Math.Max(slowest, kvBytes / BestBandwidth(device, role == ReplicaRole.Prefill));
            if (!isLast)
            {
                var link = Link(device, stages[index + 1].Device);
                var promptHop = role == ReplicaRole.Decoder ? 0 : _chunks * link.TransferSeconds((long)Math.Ceiling(_chunk) * 4 * _model.EmbeddingLength);
                if (role == ReplicaRole.Mixed)
                {
                    double Moved(int rows) => link.TransferSeconds(rows * 4L * _model.EmbeddingLength);
                    var (ridden, alone, rows) = (Ridden(sequences), Pieces - Ridden(sequences), (int)Math.Ceiling(Piece));
                    promptHop = Math.Min(promptHop, ridden * (Moved(sequences + rows) - Moved(sequences)) + alone * Moved(rows));
                }
                var answerHop = role == ReplicaRole.Prefill ? 0 : _steps / sequences * link.TransferSeconds(sequences * 4L * _model.EmbeddingLength);
                slowest = Math.Max(slowest, promptHop + answerHop);
                sum += promptHop / sequences + answerHop;
            }
            first = end;
        }
        if (role == ReplicaRole.Prefill)
            return slowest;
        for (var microBatches = MaxSequences / sequences; microBatches > 0; microBatches--)
        {
            var seconds = Math.Max(slowest, sum / microBatches);
            if (_request.MinimumTokensPerSecond == 0
                || _steps / (microBatches * sequences * seconds) >= _request.MinimumTokensPerSecond * (1 - 1e-9))
                return seconds;
        }
        return double.PositiveInfinity;
    }

    /// <summary>min(P, D, K) + M; 0 where requests do not reach or leave every group.</summary>
    public double Capacity(IReadOnlyCollection<JudgeGroup> groups)
    {
        double Sum(ReplicaRole role) => groups.Where(group => group.Role == role).Sum(group => group.Rate);
        var (prefill, decode, mixed) = (Sum(ReplicaRole.Prefill), Sum(ReplicaRole.Decoder), Sum(ReplicaRole.Mixed));
        if (prefill > 0 != decode > 0)
            return 0;
        return mixed + (prefill > 0 ? Math.Min(Math.Min(prefill, decode), KvRate(groups, prefill, decode)) : 0);
    }

    // Every prompt goes to every DECODER in proportion to its rate; the interfaces of the busiest group are the limit.
    private double KvRate(IReadOnlyCollection<JudgeGroup> groups, double prefill, double decode)
    {
        var busy = new Dictionary<JudgeGroup, double>(ReferenceEqualityComparer.Instance);
        foreach (var from in groups.Where(group => group.Role == ReplicaRole.Prefill))
            foreach (var to in groups.Where(group => group.Role == ReplicaRole.Decoder))
            {
                var seconds = from.Rate / prefill * (to.Rate / decode) * Transfer(from, to);
                busy[from] = busy.GetValueOrDefault(from) + seconds;
                busy[to] = busy.GetValueOrDefault(to) + seconds;
            }
        return 1 / busy.Values.Max();
    }

    private double Transfer(JudgeGroup from, JudgeGroup to)
    {
        var seconds = new Dictionary<(bool Sends, int Device), double>();
        for (int sender = 0, sent = 0; sender < from.Stages.Length; sent = from.Stages[sender++].EndLayer)
            for (int receiver = 0, kept = 0; receiver < to.Stages.Length; kept = to.Stages[receiver++].EndLayer)
            {
                var (first, end) = (Math.Max(sent, kept), Math.Min(from.Stages[sender].EndLayer, to.Stages[receiver].EndLayer));
                if (first >= end)
                    continue;
                var link = Link(from.Stages[sender].Device, to.Stages[receiver].Device);
                var piece = link.LatencySeconds + _kvPromptBytes[first..end].Sum() / link.BandwidthBytesPerSecond;
                seconds[(true, sender)] = seconds.GetValueOrDefault((true, sender)) + piece;
                seconds[(false, receiver)] = seconds.GetValueOrDefault((false, receiver)) + piece;
            }
        return seconds.Values.Max();
    }

    private double Prompt(int device, double work, bool isLast) =>
        _chunks * (_profiles[device].CallSeconds + work * JudgeTable.At([.. _profiles[device].Prefill.Select(point => ((double)point.ChunkTokens, point.SecondsPerLayer))], _chunk))
        + (isLast ? Head(_profiles[device], 1) : 0);

    private double Piece => Math.Min(64, _chunk);

    private double Pieces => _workload.MeanInputTokens / Piece;

    private double Ridden(int sequences) => Math.Min(Pieces, _steps / sequences);

    private double MixedPrompt(int device, double work, bool isLast, int sequences)
    {
        var profile = _profiles[device];
        double Layer(double rows) => JudgeTable.At([.. profile.Prefill.Select(point => ((double)point.ChunkTokens, point.SecondsPerLayer))], rows);
        var alone = Pieces - Ridden(sequences);
        var call = Math.Min(_chunks, alone) * profile.CallSeconds;
        var layers = Math.Min(_chunks * Layer(_chunk), Ridden(sequences) * Math.Max(0, Layer(sequences + Piece) - Layer(sequences)) + alone * Layer(Piece));
        var head = Math.Min(Head(profile, 1), Math.Max(0, Head(profile, sequences + 1) - Head(profile, sequences)));
        return call + work * layers + (isLast ? head : 0);
    }

    private double Answer(int device, double work, bool isLast, int sequences)
    {
        if (!_decode.TryGetValue((device, sequences), out var cost))
        {
            var profile = _profiles[device];
            var tables = profile.Decode.GroupBy(point => point.ContextTokens).OrderBy(group => group.Key).Select(group => (
                (double)group.Key, group.OrderBy(point => point.BatchSequences).Select(point => ((double)point.BatchSequences, point.SecondsPerLayer)).ToArray())).ToArray();
            var seconds = JudgeTable.At(tables, sequences, _workload.MeanInputTokens + _workload.MeanOutputTokens / 2);
            _decode[(device, sequences)] = cost = (profile.CallSeconds, seconds, Head(profile, sequences));
        }
        return _steps / sequences * (cost.Call + work * cost.Work + (isLast ? cost.Head : 0));
    }

    private static double Head(DeviceProfile profile, int rows) => profile.Head.IsEmpty
        ? profile.HeadSeconds * (1 + (rows - 1) / 3.0)
        : JudgeTable.At([.. profile.Head.Select(point => ((double)point.Rows, point.Seconds))], rows);

    private long KvBytes(int layer) => _request.Engine.KvType switch
    {
        KvCacheType.F32 => 2 * _model.LayerKvBytesPerToken[layer],
        KvCacheType.Q8_0 => (long)Math.Ceiling(_model.LayerKvBytesPerToken[layer] * 34 / 64.0),
        _ => _model.LayerKvBytesPerToken[layer],
    };

    private double BestBandwidth(int device, bool sends) => Enumerable.Range(0, Devices).Where(other => other != device)
        .Max(other => (sends ? Link(device, other) : Link(other, device)).BandwidthBytesPerSecond);

    private LinkSpec Link(int from, int to) => _links.GetValueOrDefault((from, to)) ?? new LinkSpec
    {
        From = "", To = "", BandwidthBytesPerSecond = _request.Fleet.DefaultBandwidthBytesPerSecond, LatencySeconds = _request.Fleet.DefaultLatencySeconds,
    };
}
