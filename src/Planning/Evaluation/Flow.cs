using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Evaluation;

/// <summary>The load on its way through a plan's groups: rates, shares, stations and service times.</summary>
internal struct Flow
{
    public double Prefill;
    public double Decode;
    public double KvLinks;
    public double Mixed;
    public double Capacity;
    public (Station Prefill, Station Kv, Station Decode, double Wait) Series;
    public Station MixedStation;
    public SlotPool MixedPool;
    public SlotPool DecodePool;
    public double SeriesPrompt;
    public double SeriesToken;
    public double SeriesService;
    public double SeriesCrowdedToken;
    public double MixedPrompt;
    public double MixedToken;
    public double MixedService;
    public double MixedCrowdedToken;
    public double Sustained;
    public double Goodput;
    private double _seriesCapacity;

    // Regressed against simulations with the default routing.
    private const double FastFirst = 2;

    public static Flow Of(ReadOnlySpan<GroupPlan> groups, ServingCosts serving, KvTransfer transfer, double requestsPerSecond, bool withGoodput)
    {
        var flow = new Flow();
        var prefillGroups = 0;
        foreach (var group in groups)
        {
            switch (group.Role)
            {
                case ReplicaRole.Prefill:
                    flow.Prefill += group.RequestsPerSecond;
                    prefillGroups++;
                    break;
                case ReplicaRole.Decoder:
                    flow.Decode += group.RequestsPerSecond;
                    break;
                default:
                    flow.Mixed += group.RequestsPerSecond;
                    break;
            }
        }

        var kvSeconds = 0.0;
        if (flow.Prefill > 0 && flow.Decode > 0)
        {
            (flow.KvLinks, kvSeconds) = transfer.Capacity(groups, flow.Prefill, flow.Decode);
            flow._seriesCapacity = Math.Min(Math.Min(flow.Prefill, flow.Decode), flow.KvLinks);
        }
        // A replica that no request reaches, or leaves, is no part of a plan: then there is none.
        if (flow.Prefill > 0 != flow.Decode > 0)
            return flow;
        flow.Capacity = flow._seriesCapacity + flow.Mixed;
        if (flow.Capacity <= 0)
            return flow;
        var workload = serving.Workload;
        if (flow._seriesCapacity > 0)
            flow.AddSeries(groups, serving, prefillGroups, kvSeconds, requestsPerSecond, withGoodput);
        if (flow.Mixed > 0)
        {
            flow.MixedPool = SlotPool.Of(groups, ReplicaRole.Mixed, serving);
            var load = requestsPerSecond * flow.Mixed / flow.Capacity;
            (flow.MixedStation, flow.MixedService, flow.MixedPrompt, var crowded) = flow.MixedPool.Over(
                load, 0.5 * (workload.ArrivalScv + workload.OutputTokensScv), workload.HorizonRequests);
            flow.MixedToken = (flow.MixedService - flow.MixedPrompt) / serving.DecodeSteps;
            flow.MixedCrowdedToken = crowded / serving.DecodeSteps;
            flow.Sustained += flow.MixedPool.SustainedPerSecond;
            if (withGoodput)
                flow.Goodput += GoodPerSecond(groups, ReplicaRole.Mixed, serving);
        }
        return flow;
    }

    /// <summary>A figure of all requests from that of the two ways they take.</summary>
    public readonly double Share(double series, double mixed) =>
        (_seriesCapacity > 0 ? _seriesCapacity / Capacity * series : 0) + (Mixed > 0 ? Mixed / Capacity * mixed : 0);

    public readonly string BindingResource
    {
        get
        {
            if (_seriesCapacity == 0)
                return "MIXED replicas";
            if (_seriesCapacity == KvLinks)
                return "KV links";
            return _seriesCapacity == Prefill ? "prefill" : "decode";
        }
    }

    private void AddSeries(ReadOnlySpan<GroupPlan> groups, ServingCosts serving, int prefillGroups, double kvSeconds, double requestsPerSecond, bool withGoodput)
    {
        var workload = serving.Workload;
        var load = requestsPerSecond * _seriesCapacity / Capacity;
        var prefill = Station.Of(load, Prefill, prefillGroups, workload.ArrivalScv, workload.InputTokensScv, workload.HorizonRequests);
        var kvScv = Station.DepartureScv(load / Prefill, prefillGroups, workload.ArrivalScv, workload.InputTokensScv);
        // What a station cannot do never reaches the next one.
        var kvLoad = Math.Min(load, Prefill);
        var kv = Station.Of(kvLoad, KvLinks, prefillGroups, kvScv, workload.InputTokensScv, workload.HorizonRequests);
        var decodeScv = Station.DepartureScv(kvLoad / KvLinks, prefillGroups, kvScv, workload.InputTokensScv);
        var decodeLoad = Math.Min(kvLoad, KvLinks);
        DecodePool = SlotPool.Of(groups, ReplicaRole.Decoder, serving);
        var (decode, answer, _, crowded) = DecodePool.Over(decodeLoad, 0.5 * (decodeScv + workload.OutputTokensScv), workload.HorizonRequests);
        Series = (prefill, kv, decode, prefill.WaitSeconds + kv.WaitSeconds + decode.WaitSeconds);
        SeriesPrompt = MeanOf(groups, ReplicaRole.Prefill, prefill.BusyShare, group => group.PromptSeconds);
        SeriesToken = answer / serving.DecodeSteps;
        SeriesCrowdedToken = crowded / serving.DecodeSteps;
        var passed = Math.Min(Prefill, KvLinks);
        Sustained += Math.Min(passed, DecodePool.SustainedPerSecond);
        if (withGoodput)
            Goodput += Math.Min(Math.Min(KvLinks, GoodPerSecond(groups, ReplicaRole.Decoder, serving)), PromptsInTime(serving, prefillGroups));
        // Layers are sent while prefill still runs; what is left at its end is the last chunk's.
        SeriesService = SeriesPrompt + kvSeconds / serving.ChunksPerPrompt + answer;
    }

    private static double GoodPerSecond(ReadOnlySpan<GroupPlan> groups, ReplicaRole role, ServingCosts serving)
    {
        var sum = 0.0;
        foreach (var group in groups)
            sum += group.Role == role ? group.Occupancy(serving).GoodPerSecond : 0;
        return sum;
    }

    /// <summary>The highest rate at which so many prompts as shall be are read within the target.</summary>
    private readonly double PromptsInTime(ServingCosts serving, int prefillGroups)
    {
        var (workload, targets) = (serving.Workload, serving.Fleet.Request.Targets);
        var left = targets.TtftSeconds - SeriesPrompt;
        if (left <= 0)
            return 0;
        var (good, bad) = (0.0, Prefill);
        for (var step = 0; step < 16; step++)
        {
            var middle = 0.5 * (good + bad);
            var queue = Station.Of(middle, Prefill, prefillGroups, workload.ArrivalScv, workload.InputTokensScv, workload.HorizonRequests);
            if (queue.TailProbability(left) <= 1 - targets.Share)
                good = middle;
            else
                bad = middle;
        }
        return good;
    }

    /// <summary>Mean over requests. At full load each replica gets them by its rate; the less there is to do, the more of them go to the fast ones.</summary>
    private static double MeanOf(ReadOnlySpan<GroupPlan> groups, ReplicaRole role, double busy, Func<GroupPlan, double> seconds)
    {
        var fastest = double.PositiveInfinity;
        foreach (var group in groups)
            if (group.Role == role)
                fastest = Math.Min(fastest, seconds(group));
        var (sum, weights) = (0.0, 0.0);
        foreach (var group in groups)
        {
            if (group.Role != role)
                continue;
            var own = seconds(group);
            var weight = group.RequestsPerSecond * Math.Pow(fastest / own, FastFirst * (1 - busy));
            sum += weight * own;
            weights += weight;
        }
        return sum / weights;
    }
}
