using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Grains.Interfaces.Plans;

namespace E2LLM.Gateway.Plans;

/// <summary>How long a request of a model may be.</summary>
internal static class ServingLimits
{
    /// <summary>Tokens of prompt and answer together: the trained context, or less where no replica of the plan holds as much.</summary>
    public static int SequenceTokens(ModelSpec model, PlanStatus status)
    {
        var replicas = status.Plan?.Replicas ?? [];
        return replicas.IsEmpty
            ? model.ContextLengthTokens
            : Math.Min(model.ContextLengthTokens, replicas.Max(replica => SequenceTokens(replica.Engine)));
    }

    private static int SequenceTokens(EngineSettings engine) => Math.Min(engine.MaxSequenceTokens, engine.KvCells);
}
