using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Planning.Baselines;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Requests;

/// <summary>Says, where no plan exists, which bytes are short and on what.</summary>
public static class MemoryCheck
{
    /// <summary>The memory that a plan may use on a device: what its owner gives and what the device has, whichever is less.</summary>
    public static long UsableBytes(PlanRequest request, int device)
    {
        var spec = request.Fleet.Devices[device];
        var profile = request.Profiles.First(profile => profile.DeviceId == spec.Id);
        return Math.Min(spec.MemoryBytes, profile.MemoryBytes);
    }

    /// <summary>Whether the fleet is known to hold the model once, however slow; true, too, where the request is refused for its figures.</summary>
    public static bool HoldsModel(PlanRequest request, CancellationToken cancellationToken)
    {
        PlanningContext context;
        try
        {
            context = new PlanningContext(request with { MinimumTokensPerSecond = 0 }, cancellationToken);
        }
        catch (PlanningException)
        {
            return true;
        }
        return new SinglePipelinePlanner().Search(context).Count > 0;
    }

    /// <summary>The error that explains why no replica fits: the fleet is too small, one layer is too large, or no cut works.</summary>
    public static PlanningException Explain(PlanRequest request)
    {
        var memory = new StageMemory(request.Model, request.Engine);
        var devices = request.Fleet.Devices;
        var usable = Enumerable.Range(0, devices.Length).Select(device => UsableBytes(request, device)).ToArray();
        var model = request.Model;
        var largest = Enumerable.Range(0, usable.Length).MaxBy(device => usable[device]);

        // A device below the cost of an empty stage can hold nothing.
        var total = usable.Where(bytes => bytes > memory.EachStageBytes).Sum(bytes => bytes - memory.EachStageBytes);
        var need = memory.LayerBytes[^1] + memory.FirstStageBytes + memory.LastStageBytes;
        var terms = $"{Bytes(model.WeightBytes(0, model.LayerCount))} of weights, {Bytes(memory.KvBytes(0, memory.LayerCount))} of KV cache "
            + $"(engine.kvCells {request.Engine.KvCells}), {Bytes(memory.ScratchLastBytes)} of logits; "
            + $"each stage takes {Bytes(memory.EachStageBytes)} of scratch and shared tensors besides";
        if (total < need)
            return new PlanningException(
                $"Nothing planned: the fleet '{request.Fleet.Name}' is {Bytes(need - total)} short for the model '{model.Id}'. Its devices have "
                + $"{Bytes(total)} after scratch (fleet.devices[].memoryBytes), the model needs {Bytes(need)}: {terms}.");

        var (layer, layerBytes) = Enumerable.Range(0, memory.LayerCount)
            .Select(layer => (layer: memory.Units.LayerAt(layer), bytes: memory.StageBytes(layer, layer + 1)))
            .MaxBy(entry => entry.bytes);
        if (layerBytes > usable[largest])
            return new PlanningException(
                $"Nothing planned: layer {layer} of the model '{model.Id}' alone needs {Bytes(layerBytes)} on a device, and the largest, "
                + $"'{devices[largest].Id}', has {Bytes(usable[largest])}: {Bytes(layerBytes - usable[largest])} short.");

        var most = usable.Sum(bytes => MostLayers(memory, bytes));
        return new PlanningException(
            $"Nothing planned: no order and no cut of the {model.LayerCount} layers of '{model.Id}' was found that fits the fleet '{request.Fleet.Name}': whole layers "
            + $"fill its devices unevenly, {most} at most before the first stage takes {Bytes(memory.FirstStageBytes)} for the embedding and the last "
            + $"{Bytes(memory.LastStageBytes)} for the head. Needed: {terms}. Give a device more memory or lower engine.kvCells or engine.maxStepTokens.");
    }

    /// <summary>The longest range of inner layers that so much memory holds.</summary>
    private static int MostLayers(StageMemory memory, long bytes)
    {
        var most = 0;
        for (int first = 0, end = 0; end < memory.LayerCount; end++)
        {
            while (first <= end && memory.EachStageBytes + memory.LayerBytes[end + 1] - memory.LayerBytes[first] > bytes)
                first++;
            most = Math.Max(most, end + 1 - first);
        }
        return most;
    }

    private static string Bytes(long bytes) => FormattableString.Invariant($"{bytes:N0} bytes");
}
