using E2LLM.Core.Requests;
using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Kernel;

namespace E2LLM.Simulation.Churn;

/// <summary>What all attempts of a fog share.</summary>
/// <param name="Events">The clock.</param>
/// <param name="Links">Over which KV caches travel.</param>
/// <param name="DetectionSeconds">After which whoever is given to a replica that is gone knows it.</param>
/// <param name="Ended">Hears once of the end of each: how, why it failed, and which replica ended it.</param>
internal sealed record FogAttemptRules(EventQueue Events, KvLinks Links, double DetectionSeconds, Action<FogAttempt, FinishReason, RequestFailure?, string> Ended);
