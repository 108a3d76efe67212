namespace E2LLM.Simulation.Results;

/// <summary>A plan that was wanted, and not taken up.</summary>
/// <param name="AtSeconds">When, in virtual seconds since the start.</param>
/// <param name="Reason">Who had left and who had come.</param>
/// <param name="Message">Why there was none, or none that could be served.</param>
public sealed record PlanRefusal(double AtSeconds, string Reason, string Message);
