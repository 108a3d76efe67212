using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Planning.Certificates;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Comparison;

/// <summary>The cost model's word on a finished plan: one whose planner predicts nothing, or one that was made for another request.</summary>
public static class PlanPricer
{
    /// <summary>The plan with the rates and the prediction of this request, and with certificates where they are wanted: a proof takes long on a large fleet.</summary>
    /// <exception cref="PlanningException">
    /// The plan does not fit the request's fleet, model or minimum speed, or serves nothing: names the replica.
    /// </exception>
    public static ServingPlan Price(PlanningContext context, ServingPlan plan, bool certify = true)
    {
        var devices = context.Request.Fleet.Devices.Select((device, index) => (device.Id, index))
            .ToDictionary(pair => pair.Id, pair => pair.index, StringComparer.Ordinal);
        GroupPlan[] groups = [.. plan.Replicas.Select(replica => Group(context, devices, replica))];
        var figures = context.Evaluator.Evaluate(groups);
        if (figures.CapacityPerSecond <= 0)
            throw new PlanningException($"The plan by '{plan.Planner}' has no replica that prefills together with one that decodes.");
        return plan with
        {
            Replicas =
            [
                .. plan.Replicas.Zip(groups, (replica, group) => replica with
                {
                    Engine = PrefillSlots.Choose(context.Serving, group).Settings,
                    DecodeConcurrency = group.Concurrency,
                    MicroBatches = group.MicroBatches,
                    RequestsPerSecond = group.RequestsPerSecond,
                    PrefillLatencySeconds = group.PromptSeconds,
                    TokenSeconds = group.TokenSeconds,
                    PromptRowsBesideDecode = PromptRows.BesideDecode(context.Serving, group),
                    MinimumTokensPerSecond = context.Request.MinimumTokensPerSecond,
                }),
            ],
            Prediction = context.Evaluator.Predict(groups),
            Certificates = certify ? Certifier.Certify(context, figures) : [],
        };
    }

    // With the replica's own engine settings and micro-batches, or the best ones where its planner leaves them open.
    private static GroupPlan Group(PlanningContext context, Dictionary<string, int> devices, ReplicaPlan replica)
    {
        var stages = new (int Device, int End)[replica.Stages.Length];
        for (var index = 0; index < stages.Length; index++)
        {
            var stage = replica.Stages[index];
            if (!devices.TryGetValue(stage.DeviceId, out var device))
                throw new PlanningException($"Replica '{replica.Id}' uses the device '{stage.DeviceId}', which the fleet '{context.Request.Fleet.Name}' does not have.");
            stages[index] = (device, context.Serving.Fleet.Units.UnitAt(stage.EndLayer));
            if (stages[index].End < 0)
                throw new PlanningException(
                    $"Replica '{replica.Id}' cannot be cut after layer {stage.EndLayer - 1}: slices of '{context.Request.Model.Id}' begin at multiples of {context.Request.Model.CutPeriodLayers} layers.");
        }
        var evaluator = context.Groups.Evaluator;
        var sequences = replica.MicroBatches == 0 ? 0 : replica.DecodeConcurrency / replica.MicroBatches;
        EngineChoice[] choices = [.. context.Serving.ChoicesFor(replica).Where(choice => sequences <= choice.MaxConcurrency)];
        return (sequences == 0 || choices.Length == 0
                ? evaluator.Best(stages, replica.Role)
                : choices.Select(choice => evaluator.Evaluate(stages, context.Serving.OfSize(replica.Role, sequences, choice), replica.MicroBatches)).FirstOrDefault(group => group is not null))
            ?? throw new PlanningException(
                $"Replica '{replica.Id}' does not fit: its layers are not all {context.Serving.Fleet.LayerCount} of the model, exceed a device's memory, begin or end on a device that is not trusted where that is wanted, or fall short of the minimum speed.");
    }
}
