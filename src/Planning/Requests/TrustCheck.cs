using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;

namespace E2LLM.Planning.Requests;

/// <summary>Says, where first and last layers are for trusted devices alone and no plan exists for that, what the trusted ones lack.</summary>
internal static class TrustCheck
{
    public static PlanningException Explain(PlanRequest request)
    {
        var fleet = request.Fleet;
        string[] trusted = [.. fleet.Devices.Where(device => device.IsTrusted).Select(device => $"'{device.Id}'")];
        const string rule = "Nothing planned: first and last layers are for trusted devices alone (trustedEnds)";
        if (trusted.Length == 0)
            return new PlanningException($"{rule}, and the fleet '{fleet.Name}' has none: mark some with \"trusted\": true in the fleet file, or plan without.");
        var memory = new StageMemory(request.Model, request.Engine);
        return new PlanningException(FormattableString.Invariant(
            $"{rule}, and of those the fleet '{fleet.Name}' has {string.Join(", ", trusted)}: none holds the whole model, and no two of them begin and end a replica that does. ")
            + FormattableString.Invariant($"With one layer, the first stage needs {memory.StageBytes(0, 1):N0} bytes and the last {memory.StageBytes(memory.LayerCount - 1, memory.LayerCount):N0}. ")
            + "Trust another device, give one more memory, or plan without: then there is a plan.");
    }

    /// <summary>What a plan's reader is to know; null where the request wants nothing of the kind.</summary>
    public static string? Describe(PlanRequest request) => !request.TrustedEnds ? null
        : $"first and last layers are on trusted devices alone: {request.Fleet.Devices.Count(device => device.IsTrusted)} of {request.Fleet.Devices.Length} are trusted, the others hold layers in between";
}
