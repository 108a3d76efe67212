using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Evaluation;

/// <summary>
/// Predicts what a set of groups does for the workload: PREFILL and DECODER groups as stations in series with the KV links between
/// them, MIXED groups beside them, and the load split by capacity. Thread-safe.
/// </summary>
public sealed class PlanEvaluator(ServingCosts serving)
{
    public ServingCosts Serving => serving;

    public KvTransfer Transfer { get; } = new(serving);

    public PlanFigures Evaluate(ReadOnlySpan<GroupPlan> groups) => Evaluate(groups, serving.Workload.RequestsPerSecond);

    /// <summary>At another rate than the workload's.</summary>
    internal PlanFigures Evaluate(ReadOnlySpan<GroupPlan> groups, double requestsPerSecond)
    {
        // Where nobody asks, a search does without the goodput.
        var flow = Flow.Of(groups, serving, Transfer, requestsPerSecond, serving.Fleet.Request.Objective is PlanObjective.Goodput or PlanObjective.Auto);
        if (flow.Capacity <= 0)
            return PlanFigures.Infeasible;
        return new PlanFigures
        {
            PrefillPerSecond = flow.Prefill,
            DecodePerSecond = flow.Decode,
            KvLinksPerSecond = flow.KvLinks,
            MixedPerSecond = flow.Mixed,
            CapacityPerSecond = flow.Capacity,
            SustainedPerSecond = flow.Sustained,
            GoodputPerSecond = flow.Goodput,
            P90TpotSeconds = flow.Share(flow.SeriesCrowdedToken, flow.MixedCrowdedToken),
            CarriesLoad = flow.Sustained >= PlanFigures.LoadMargin * requestsPerSecond,
            MeanWaitSeconds = flow.Share(flow.Series.Wait, flow.MixedStation.WaitSeconds),
            ServiceSeconds = flow.Share(flow.SeriesService, flow.MixedService),
        };
    }

    /// <summary>The full prediction, with the parts of the wait and its 90th percentile.</summary>
    public PlanPrediction Predict(ReadOnlySpan<GroupPlan> groups)
    {
        var flow = Flow.Of(groups, serving, Transfer, serving.Workload.RequestsPerSecond, withGoodput: true);
        var (prefill, kv, decode) = (flow.Series.Prefill, flow.Series.Kv, flow.Series.Decode);
        var mixed = flow.MixedStation;
        return new PlanPrediction
        {
            MeanWaitSeconds = flow.Share(flow.Series.Wait, mixed.WaitSeconds),
            P90WaitSeconds = Percentile(0.1, flow),
            TtftSeconds = flow.Share(prefill.WaitSeconds + flow.SeriesPrompt, mixed.WaitSeconds + flow.MixedPrompt),
            TpotSeconds = flow.Share(flow.SeriesToken, flow.MixedToken),
            CapacityRequestsPerSecond = flow.Capacity,
            SustainedRequestsPerSecond = flow.Sustained,
            GoodputRequestsPerSecond = flow.Goodput,
            P90TpotSeconds = flow.Share(flow.SeriesCrowdedToken, flow.MixedCrowdedToken),
            PrefillWaitSeconds = flow.Share(prefill.WaitSeconds, mixed.WaitSeconds),
            KvLinkWaitSeconds = flow.Share(kv.WaitSeconds, 0),
            DecodeWaitSeconds = flow.Share(decode.WaitSeconds, 0),
            ServiceSeconds = flow.Share(flow.SeriesService, flow.MixedService),
            BindingResource = flow.BindingResource,
        };
    }

    private static double Percentile(double tail, Flow flow)
    {
        var series = flow.Series.Prefill.Then(flow.Series.Kv).Then(flow.Series.Decode);
        double Tail(double seconds) => flow.Share(series.TailProbability(seconds), flow.MixedStation.TailProbability(seconds));
        if (Tail(0) <= tail)
            return 0;
        var (low, high) = (0.0, 1e-3);
        while (Tail(high) > tail)
            high *= 2;
        for (var step = 0; step < 60; step++)
        {
            var middle = 0.5 * (low + high);
            if (Tail(middle) > tail)
                low = middle;
            else
                high = middle;
        }
        return high;
    }
}
