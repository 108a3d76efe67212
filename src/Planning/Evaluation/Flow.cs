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
    public double SeriesPrompt;
    public double SeriesToken;
    public double SeriesService;
    public double MixedPrompt;
    public double MixedToken;
    public double MixedService;
    private double _seriesCapacity;

    // Regressed against simulations with the default routing.
    private const double FastFirst = 2;

    public static Flow Of(ReadOnlySpan<GroupPlan> groups, ServingCosts serving, KvTransfer transfer)
    {
        var flow = new Flow();
        var (slots, mixedSlots, prefillGroups, mixedGroups) = (0, 0, 0, 0);
        var mixedPromptLoad = 0.0;
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
                    slots += group.Concurrency;
                    break;
                default:
                    flow.Mixed += group.RequestsPerSecond;
                    mixedPromptLoad += group.RequestsPerSecond * group.PromptBusySeconds;
                    mixedSlots += group.Concurrency;
                    mixedGroups++;
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
            flow.AddSeries(groups, serving, slots, prefillGroups, kvSeconds);
        if (flow.Mixed > 0)
        {
            var load = workload.RequestsPerSecond * flow.Mixed / flow.Capacity;
            // A sequence waits for a slot, and its prompt for the prompts before it on the same pipeline.
            var admission = Station.FromEmpty(load, flow.Mixed, mixedSlots, workload.ArrivalScv, workload.OutputTokensScv, workload.HorizonRequests);
            var promptShare = mixedPromptLoad / mixedGroups;
            var prompts = Station.Of(load, flow.Mixed, mixedGroups, workload.ArrivalScv, workload.InputTokensScv, workload.HorizonRequests);
            flow.MixedStation = new Station(
                admission.StochasticSeconds + prompts.StochasticSeconds * promptShare,
                admission.FluidSeconds,
                Math.Max(admission.DelayProbability, prompts.DelayProbability));
            flow.MixedPrompt = MeanOf(groups, ReplicaRole.Mixed, admission.BusyShare, group => group.PromptSeconds);
            flow.MixedToken = TokenSeconds(groups, ReplicaRole.Mixed, admission.BusyShare);
            flow.MixedService = flow.MixedPrompt + serving.DecodeSteps * flow.MixedToken;
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

    private void AddSeries(ReadOnlySpan<GroupPlan> groups, ServingCosts serving, int slots, int prefillGroups, double kvSeconds)
    {
        var workload = serving.Workload;
        var load = workload.RequestsPerSecond * _seriesCapacity / Capacity;
        var prefill = Station.Of(load, Prefill, prefillGroups, workload.ArrivalScv, workload.InputTokensScv, workload.HorizonRequests);
        var kvScv = Station.DepartureScv(load / Prefill, prefillGroups, workload.ArrivalScv, workload.InputTokensScv);
        // What a station cannot do never reaches the next one.
        var kvLoad = Math.Min(load, Prefill);
        var kv = Station.Of(kvLoad, KvLinks, prefillGroups, kvScv, workload.InputTokensScv, workload.HorizonRequests);
        var decodeScv = Station.DepartureScv(kvLoad / KvLinks, prefillGroups, kvScv, workload.InputTokensScv);
        var decodeLoad = Math.Min(kvLoad, KvLinks);
        var decode = Station.FromEmpty(decodeLoad, Decode, slots, decodeScv, workload.OutputTokensScv, workload.HorizonRequests);
        Series = (prefill, kv, decode, prefill.WaitSeconds + kv.WaitSeconds + decode.WaitSeconds);
        SeriesPrompt = MeanOf(groups, ReplicaRole.Prefill, prefill.BusyShare, group => group.PromptSeconds);
        SeriesToken = TokenSeconds(groups, ReplicaRole.Decoder, decode.BusyShare);
        // Layers are sent while prefill still runs; what is left at its end is the last chunk's.
        SeriesService = SeriesPrompt + kvSeconds / serving.ChunksPerPrompt + serving.DecodeSteps * SeriesToken;
    }

    // Between a lone sequence's time and that of full concurrency, by the share of slots in use.
    private static double TokenSeconds(ReadOnlySpan<GroupPlan> groups, ReplicaRole role, double busy) => MeanOf(
        groups, role, busy, group => group.LoneTokenSeconds + busy * Math.Max(0, group.TokenSeconds - group.LoneTokenSeconds));

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
