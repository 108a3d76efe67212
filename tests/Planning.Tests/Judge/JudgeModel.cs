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
    private readonly Dictionary<(int Device, int Sequences, KvCacheType KvType), (double Call, double Work, double Head)> _decode = [];

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
                return KvBytes(layer, request.Engine) * (window == 0 ? tokens : Math.Min(window, tokens));
            }),
        ];
        _chunk = Math.Min(request.Engine.MaxStepTokens, tokens);
        _chunks = tokens / _chunk;
        _steps = Math.Max(1, _workload.MeanOutputTokens - 1);
        Engines = [.. request.EngineChoices.Prepend(request.Engine).Distinct()];
    }

    public int Devices => _profiles.Length;

    public int Layers => _model.LayerCount;

    /// <summary>The settings that a group may have, but for what <see cref="MayHave"/> says.</summary>
    public EngineSettings[] Engines { get; }

    /// <summary>Sequences that may be open at once.</summary>
    public int MaxSequences(EngineSettings engine) =>
        Math.Clamp((int)(engine.KvCells / (_workload.MeanInputTokens + _workload.MeanOutputTokens)), 1, engine.MaxSequences);

    /// <summary>
    /// Another KV type is for MIXED groups alone, and for those that cannot hold as many sequences in the request's own: the longest ranges with the
    /// fewest cells for these, one of them as first stage and another as last, do not add up to the model.
    /// </summary>
    public bool MayHave(IReadOnlyList<int> devices, ReplicaRole role, EngineSettings engine)
    {
        if (engine.KvType == _request.Engine.KvType)
            return true;
        var own = Engines.Where(other => other.KvType == _request.Engine.KvType && MaxSequences(other) >= MaxSequences(engine))
            .Append(engine with { KvType = _request.Engine.KvType }).MinBy(other => other.KvCells)!;
        if (role != ReplicaRole.Mixed || devices.Count == 1)
            return role == ReplicaRole.Mixed && !Fits(devices[0], 0, Layers, own);
        int[] ends = [0, .. Enumerable.Range(1, Layers).Where(end => end == Layers || end % CutPeriod == 0)];
        // Ranges of the ends take what the ends hold besides; those in between are taken for free of it.
        var besides = StageBytes(0, 0, own) - _model.EmbeddingBytes;
        int Longest(int device, Func<int, int, bool> counts, Func<int, int, long> bytes) => (
            from first in Enumerable.Range(0, ends.Length)
            from last in Enumerable.Range(first, ends.Length - first)
            where counts(first, last) && bytes(ends[first], ends[last]) <= Memory(device)
            select last - first).DefaultIfEmpty(0).Max();
        long Inner(int first, int end) => besides + Enumerable.Range(first, end - first).Sum(layer => _model.LayerBytes[layer] + own.KvCells * KvBytes(layer, own));
        int[] inner = [.. devices.Select(device => Longest(device, (_, _) => true, Inner))];
        int[] asFirst = [.. devices.Select(device => Longest(device, (first, _) => first == 0 && MayHold(device, isEnd: true), (first, end) => Inner(first, end) + _model.EmbeddingBytes))];
        int[] asLast = [.. devices.Select(device => Longest(
            device, (_, last) => last == ends.Length - 1 && MayHold(device, isEnd: true), (first, end) => Inner(first, end) + _model.HeadBytes + 4L * _model.VocabularySize * own.MaxStepTokens))];
        var holds = from first in Enumerable.Range(0, devices.Count)
                    from last in Enumerable.Range(0, devices.Count)
                    where first != last && inner.All(layers => layers > 0) && asFirst[first] > 0 && asLast[last] > 0
                    select inner.Sum() - inner[first] + asFirst[first] - inner[last] + asLast[last] >= ends.Length - 1;
        return !holds.Any(held => held);
    }

    public int CutPeriod => _model.CutPeriodLayers;

    public long StageBytes(int first, int end, EngineSettings engine)
    {
        var bytes = _model.WeightBytes(first, end - first)
            + 8L * engine.MaxStepTokens * 4 * _model.EmbeddingLength + (long)engine.KvCells * engine.MaxStepTokens * (engine.FlashAttention ? 2 : 4);
        for (var layer = first; layer < end; layer++)
            bytes += engine.KvCells * KvBytes(layer, engine);
        return end == Layers ? bytes + 4L * _model.VocabularySize * engine.MaxStepTokens : bytes;
    }

    public bool Fits(int device, int first, int end, EngineSettings engine) => StageBytes(first, end, engine) <= Memory(device) && MayHold(device, first == 0 || end == Layers);

    private bool MayHold(int device, bool isEnd) => !isEnd || !_request.TrustedEnds || _request.Fleet.Devices[device].IsTrusted;

    private long Memory(int device) => Math.Min(_profiles[device].MemoryBytes, _request.Fleet.Devices[device].MemoryBytes);

    /// <summary>Seconds between two requests at the highest rate of a layout that fits; infinite where no micro-batch keeps the minimum speed.</summary>
    public double Seconds((int Device, int EndLayer)[] stages, ReplicaRole role, EngineSettings engine, int sequences)
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
            var answer = role == ReplicaRole.Prefill ? 0 : Answer(device, work, isLast, sequences, engine.KvType);
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
        for (var microBatches = MaxSequences(engine) / sequences; microBatches > 0; microBatches--)
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

    // Every prompt goes to every DECODER in proportion to its rate; the busiest interface is the limit.
    private double KvRate(IReadOnlyCollection<JudgeGroup> groups, double prefill, double decode)
    {
        var busy = new double[Devices];
        foreach (var from in groups.Where(group => group.Role == ReplicaRole.Prefill))
            foreach (var to in groups.Where(group => group.Role == ReplicaRole.Decoder))
                AddTransfer(from, to, from.Rate / prefill * (to.Rate / decode), busy);
        return 1 / busy.Max();
    }

    private void AddTransfer(JudgeGroup from, JudgeGroup to, double share, double[] busy)
    {
        for (int sender = 0, sent = 0; sender < from.Stages.Length; sent = from.Stages[sender++].EndLayer)
            for (int receiver = 0, kept = 0; receiver < to.Stages.Length; kept = to.Stages[receiver++].EndLayer)
            {
                var (first, end) = (Math.Max(sent, kept), Math.Min(from.Stages[sender].EndLayer, to.Stages[receiver].EndLayer));
                if (first >= end)
                    continue;
                var link = Link(from.Stages[sender].Device, to.Stages[receiver].Device);
                var seconds = share * (link.LatencySeconds + _kvPromptBytes[first..end].Sum() / link.BandwidthBytesPerSecond);
                busy[from.Stages[sender].Device] += seconds;
                busy[to.Stages[receiver].Device] += seconds;
            }
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

    private double Answer(int device, double work, bool isLast, int sequences, KvCacheType kvType)
    {
        if (!_decode.TryGetValue((device, sequences, kvType), out var cost))
        {
            var profile = _profiles[device];
            var points = profile.DecodeByKvType.FirstOrDefault(decode => decode.KvType == kvType)?.Points ?? profile.Decode;
            var tables = points.GroupBy(point => point.ContextTokens).OrderBy(group => group.Key).Select(group => (
                (double)group.Key, group.OrderBy(point => point.BatchSequences).Select(point => ((double)point.BatchSequences, point.SecondsPerLayer)).ToArray())).ToArray();
            var seconds = JudgeTable.At(tables, sequences, _workload.MeanInputTokens + _workload.MeanOutputTokens / 2);
            _decode[(device, sequences, kvType)] = cost = (profile.CallSeconds, seconds, Head(profile, sequences));
        }
        return _steps / sequences * (cost.Call + work * cost.Work + (isLast ? cost.Head : 0));
    }

    private static double Head(DeviceProfile profile, int rows) => profile.Head.IsEmpty
        ? profile.HeadSeconds * (1 + (rows - 1) / 3.0)
        : JudgeTable.At([.. profile.Head.Select(point => ((double)point.Rows, point.Seconds))], rows);

    private long KvBytes(int layer, EngineSettings engine) => engine.KvType switch
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
