using E2LLM.Core.Engines;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;

namespace E2LLM.Benchmarks.Truth;

/// <summary>What the fog of a comparison is made of.</summary>
internal sealed record TruthFog(IModelCatalog Catalog, IStageEngineFactory Engines, IDeviceProfiler Profiler, FleetSpec Fleet);
