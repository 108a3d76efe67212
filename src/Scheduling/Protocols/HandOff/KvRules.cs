using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;

namespace E2LLM.Scheduling.Protocols.HandOff;

/// <summary>When KV caches can be handed from one replica to another, and what that takes.</summary>
public static class KvRules
{
    /// <summary>Checks a plan before anything is loaded.</summary>
    /// <exception cref="PlanningException">Its replicas could not work together; the message says why.</exception>
    public static void ThrowIfUnservable(ServingPlan plan, ModelSpec model)
    {
        var prefill = plan.Replicas.Where(replica => replica.Role == ReplicaRole.Prefill).ToArray();
        var decoders = plan.Replicas.Where(replica => replica.Role == ReplicaRole.Decoder).ToArray();
        if (prefill.Length == 0 && decoders.Length == 0)
            return;
        if (prefill.Length == 0 || decoders.Length == 0)
            throw new PlanningException(
                $"The plan has {prefill.Length} PREFILL and {decoders.Length} DECODER replicas. One is of no use without the other.");
        var engine = decoders[0].Engine;
        if (prefill.Concat(decoders).Select(replica => ClosingWindowTokens(model, replica.Engine)).FirstOrDefault(window => window is not null) is { } window)
            throw new PlanningException(
                $"Model '{model.Id}' has layers that see the latest {window} tokens only. " +
                $"A prompt's KV cache cannot be handed on whole: plan MIXED replicas.");
        foreach (var replica in prefill.Concat(decoders))
            if (!AreAlike(replica, decoders[0]))
                throw new PlanningException(
                    $"Replica {replica.Id} has KV type {replica.Engine.KvType} and flash attention " +
                    $"{replica.Engine.FlashAttention}, but {decoders[0].Id} has {engine.KvType} and {engine.FlashAttention}. PREFILL and DECODER replicas need the same, or answers would change.");
    }

    /// <summary>Whether the caches of one replica are what the other would have made itself.</summary>
    public static bool AreAlike(ReplicaPlan one, ReplicaPlan other) =>
        one.Engine.KvType == other.Engine.KvType && one.Engine.FlashAttention == other.Engine.FlashAttention;

    /// <summary>
    /// A sliding window that can close over a sequence, so that its KV cache need not hold all positions: such a cache is neither handed
    /// on nor shared. Null where there is none.
    /// </summary>
    public static int? ClosingWindowTokens(ModelSpec model, EngineSettings engine) =>
        // A window that is wider than any sequence never closes.
        model.LayerWindowTokens.FirstOrDefault(window => window > 0 && window <= engine.MaxSequenceTokens) is var window and > 0 ? window : null;

    /// <summary>Upper bound of the bytes of one position's K and V in one layer.</summary>
    public static int MaxRowBytes(ModelSpec model, EngineSettings engine)
    {
        // The model's figure is for F16; nothing that we store is wider than F32.
        var widening = engine.KvType == KvCacheType.F32 ? 2 : 1;
        return (int)Math.Min(int.MaxValue, model.LayerKvBytesPerToken.Max() * widening);
    }
}
