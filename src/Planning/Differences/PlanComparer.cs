using E2LLM.Core.Plans;

namespace E2LLM.Planning.Differences;

/// <summary>Compares a new plan with the running one.</summary>
public static class PlanComparer
{
    /// <param name="request">The request with the fleet and model of both plans.</param>
    /// <param name="before">The running plan; its devices may have left the fleet.</param>
    /// <param name="after">The new plan.</param>
    public static PlanDifference Compare(PlanRequest request, ServingPlan before, ServingPlan after)
    {
        var moves = request.Fleet.Devices
            .Select(device => Move(request, device.Id, before, after))
            .OfType<DeviceMove>()
            .ToList();
        var moveSeconds = moves.Count == 0 ? 0 : moves.Max(move => move.LinkSeconds);
        var capacityGain = Capacity(after) - Capacity(before);
        var kept = after.Replicas.Select(Layout).ToHashSet(StringComparer.Ordinal);
        var interrupted = before.Replicas.Where(replica => !kept.Contains(Layout(replica))).Sum(replica => replica.RequestsPerSecond);
        return new PlanDifference
        {
            Moves = [.. moves],
            MovedBytes = moves.Sum(move => move.ReceivedBytes),
            MoveSeconds = moveSeconds,
            CapacityGainRequestsPerSecond = capacityGain,
            WaitGainSeconds = (before.Prediction?.MeanWaitSeconds ?? 0) - (after.Prediction?.MeanWaitSeconds ?? 0),
            BreakEvenSeconds = capacityGain > 0 ? moveSeconds * Math.Min(interrupted, Capacity(before)) / capacityGain : null,
        };
    }

    private static double Capacity(ServingPlan plan) => plan.Prediction?.CapacityRequestsPerSecond ?? 0;

    private static string Layout(ReplicaPlan replica) =>
        $"{replica.Role} {string.Join(' ', replica.Stages.Select(stage => $"{stage.DeviceId}:{stage.FirstLayer}-{stage.EndLayer}"))}";

    private static DeviceMove? Move(PlanRequest request, string deviceId, ServingPlan before, ServingPlan after)
    {
        var (old, planned) = (Stage(before, deviceId), Stage(after, deviceId));
        var (was, becomes) = (Describe(old), Describe(planned));
        if (was == becomes)
            return null;
        var (bytes, seconds) = (0L, 0.0);
        if (planned.Stage is { } stage)
        {
            foreach (var (piece, size) in Pieces(request, stage))
            {
                if (old.Stage is { } held && Pieces(request, held).Any(other => other.Piece == piece))
                    continue;
                bytes += size;
                seconds += size / Bandwidth(request, before, deviceId, piece);
            }
        }
        return new DeviceMove(deviceId, was, becomes, bytes, seconds);
    }

    /// <summary>What a stage holds, by piece: layers by number, the embedding as -1, the head as -2, shared tensors as -3.</summary>
    private static IEnumerable<(int Piece, long Bytes)> Pieces(PlanRequest request, StagePlan stage)
    {
        var model = request.Model;
        for (var layer = stage.FirstLayer; layer < stage.EndLayer; layer++)
            yield return (layer, model.LayerBytes[layer]);
        if (stage.FirstLayer == 0)
            yield return (-1, model.EmbeddingBytes);
        if (stage.EndLayer == model.LayerCount)
            yield return (-2, model.HeadBytes);
        yield return (-3, model.SharedBytes);
    }

    private static double Bandwidth(PlanRequest request, ServingPlan before, string to, int piece) => before.Replicas
        .SelectMany(replica => replica.Stages)
        .Where(stage => stage.DeviceId != to && request.Fleet.Find(stage.DeviceId) is not null && Pieces(request, stage).Any(held => held.Piece == piece))
        .Select(stage => request.Fleet.Link(stage.DeviceId, to).BandwidthBytesPerSecond)
        .DefaultIfEmpty(request.Fleet.DefaultBandwidthBytesPerSecond)
        .Max();

    private static (ReplicaPlan? Replica, StagePlan? Stage) Stage(ServingPlan plan, string deviceId)
    {
        foreach (var replica in plan.Replicas)
            foreach (var stage in replica.Stages)
                if (stage.DeviceId == deviceId)
                    return (replica, stage);
        return (null, null);
    }

    private static string Describe((ReplicaPlan? Replica, StagePlan? Stage) place) => place is ({ } replica, { } stage)
        ? $"{replica.Role.ToString().ToUpperInvariant()} layers {stage.FirstLayer}-{stage.EndLayer - 1}"
        : "";
}
