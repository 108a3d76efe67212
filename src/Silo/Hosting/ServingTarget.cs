using E2LLM.Core.Fleets;
using E2LLM.Core.Models;

namespace E2LLM.Silo.Hosting;

/// <summary>What this silo serves, read and checked at start.</summary>
public sealed record ServingTarget(ModelSpec Model, FleetSpec Fleet);
