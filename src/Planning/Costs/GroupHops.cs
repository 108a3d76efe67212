namespace E2LLM.Planning.Costs;

/// <summary>What no order of some devices is below.</summary>
/// <param name="Seconds">Seconds that a request keeps the busiest link between two stages busy.</param>
/// <param name="SlotSeconds">Sum over all hops of the seconds that a request spends on them while it holds its slot, by micro-batch size.</param>
public readonly record struct GroupHops(double Seconds, double SlotSeconds);
