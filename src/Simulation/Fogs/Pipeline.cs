using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Scheduling.Batching;
using E2LLM.Simulation.Timelines;

namespace E2LLM.Simulation.Fogs;

/// <summary>When a replica's stages are done with a step. Stages and links take steps in the order in which they were issued.</summary>
/// <remarks>
/// So the time at which a step leaves the last stage is known when it is issued, and one event a step is enough. A stage computes the
/// weights once a step: rows of prompts and of answers share them. What decode rows cost beyond prompt rows, attention to their long
/// contexts, comes on top.
/// </remarks>
internal sealed class Pipeline
{
    private readonly FleetCosts _fleet;
    private readonly ReplicaPlan _replica;
    private readonly ITimelineListener? _timeline;
    private readonly KvCacheType _kvType;
    private readonly (int Device, double Work)[] _stages;
    private readonly double[] _stageFree;
    private readonly double[] _linkFree;

    public Pipeline(FleetCosts fleet, ReplicaPlan replica, IReadOnlyDictionary<string, int> devices, ITimelineListener? timeline = null)
    {
        (_fleet, _replica, _timeline) = (fleet, replica, timeline);
        _kvType = replica.Engine.KvType;
        _stages = [.. replica.Stages.Select(stage => (devices[stage.DeviceId], Work(stage)))];
        (_stageFree, _linkFree, BusySeconds) = (new double[_stages.Length], new double[_stages.Length], new double[_stages.Length]);

        double Work(StagePlan stage) => fleet.LayerWork[fleet.Units.UnitAt(stage.EndLayer)] - fleet.LayerWork[fleet.Units.UnitAt(stage.FirstLayer)];
    }

    /// <summary>Compute so far, by stage.</summary>
    public double[] BusySeconds { get; }

    /// <summary>How many times as long as its profile says each device takes, by its place in the fleet; null: none does.</summary>
    public double[]? Slowness { get; init; }

    /// <returns>The time at which the step's tokens are known.</returns>
    public double Issue(StepPlan step, double contextTokens, double nowSeconds)
    {
        var decodeRows = step.Shares.Count(share => !share.IsPrefill);
        var rows = step.Rows.Length;
        var at = nowSeconds;
        for (var index = 0; index < _stages.Length; index++)
        {
            var seconds = rows == 0 ? 0 : Slow(index) * StageSeconds(index, decodeRows, rows - decodeRows, contextTokens, step.OutputRows);
            BusySeconds[index] += seconds;
            var start = Math.Max(at, _stageFree[index]);
            at = _stageFree[index] = start + seconds;
            if (rows > 0)
                _timeline?.OnStageBusy(new StageBusy(_replica.Id, index, _replica.Stages[index].DeviceId, step.StepNumber, start, at, decodeRows, rows - decodeRows));
            if (index + 1 < _stages.Length && rows > 0)
                at = _linkFree[index] = Math.Max(at, _linkFree[index]) + _fleet.HopSeconds(_stages[index].Device, _stages[index + 1].Device, rows);
        }
        return at;
    }

    private double Slow(int index) => Slowness is null ? 1 : Slowness[_stages[index].Device];

    private double StageSeconds(int index, int decodeRows, int promptRows, double contextTokens, int outputRows)
    {
        var (device, work) = _stages[index];
        var isLast = index == _stages.Length - 1;
        if (promptRows == 0)
            return _fleet.Decode(device, decodeRows, contextTokens, _kvType).Seconds(work, isLast);
        var all = _fleet.Prefill(device, promptRows + decodeRows).Seconds(work, isLast: false);
        if (decodeRows > 0)
            all += Math.Max(0, _fleet.Decode(device, decodeRows, contextTokens, _kvType).Seconds(work, isLast: false)
                - _fleet.Prefill(device, decodeRows).Seconds(work, isLast: false));
        return all + (isLast && outputRows > 0 ? _fleet.Decode(device, outputRows, contextTokens, _kvType).HeadSeconds : 0);
    }
}
