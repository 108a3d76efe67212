using E2LLM.Core.Plans;

namespace E2LLM.Planning.Costs;

/// <summary>One of the engine settings that a replica may have: what it takes and how many sequences it holds.</summary>
public sealed class EngineChoice
{
    private readonly int _ownCells;

    /// <param name="fleet">The request.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="concurrencyOf">Sequences that settings hold.</param>
    /// <param name="kvPromptBytes">As <see cref="ServingCosts.KvPromptBytes"/>.</param>
    internal EngineChoice(FleetCosts fleet, EngineSettings settings, Func<EngineSettings, int> concurrencyOf, double[] kvPromptBytes)
    {
        Settings = settings;
        MaxConcurrency = concurrencyOf(settings);
        var request = fleet.Request;
        Memory = new StageMemory(request.Model, settings);
        Capacities = new LayerCapacities(fleet, Memory, kvPromptBytes);
        if (settings.KvType == request.Engine.KvType)
            return;
        var own = SettingsOf(request).Where(other => other.KvType == request.Engine.KvType && concurrencyOf(other) >= MaxConcurrency)
            .Append(settings with { KvType = request.Engine.KvType }).MinBy(other => other.KvCells)!;
        _ownCells = own.KvCells;
        InOwnType = new LayerCapacities(fleet, new StageMemory(request.Model, own), kvPromptBytes);
    }

    public EngineSettings Settings { get; }

    public StageMemory Memory { get; }

    public LayerCapacities Capacities { get; }

    /// <summary>
    /// Layers that the devices hold with as many sequences in the request's own KV type, in as few cells as any of the choices has for them; null where
    /// the choice is of that type.
    /// </summary>
    /// <remarks>
    /// Another type changes answers. It is for groups that cannot hold as many sequences otherwise, and for no other: never to gain a little time.
    /// </remarks>
    public LayerCapacities? InOwnType { get; }

    /// <summary>Sequences that the KV cache holds at their full mean length, within the engine's limit.</summary>
    public int MaxConcurrency { get; }

    /// <summary>All settings of a request: its own, and what a replica may have instead.</summary>
    internal static IEnumerable<EngineSettings> SettingsOf(PlanRequest request) =>
        request.EngineChoices.IsDefaultOrEmpty ? [request.Engine] : request.EngineChoices.Prepend(request.Engine).Distinct();

    /// <summary>Whether groups that may have this choice may have the other, too, and it holds as many layers on each of the devices.</summary>
    internal bool IsCoveredBy(EngineChoice other, int[] devices)
    {
        if (ReferenceEquals(this, other))
            return true;
        if (other.InOwnType is not null && (InOwnType is null || other._ownCells < _ownCells))
            return false;
        return Capacities.HasEqualLayers && other.Capacities.HasEqualLayers
            ? other.Capacities.HoldsNoLessThan(Capacities, devices)
            : other.Memory.IsAtMost(Memory);
    }
}
