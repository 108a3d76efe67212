using System.Collections.Immutable;
using E2LLM.Core.Plans;

namespace E2LLM.Grains.Plans;

/// <summary>What is stored of a model's plans.</summary>
[GenerateSerializer, Alias("E2LLM.PlanJournal")]
public sealed class PlanJournal
{
    /// <summary>The latest generation given out; kept so that stages of an earlier run can never be mistaken for present ones.</summary>
    [Id(0)] public long Generation { get; set; }

    /// <summary>The latest plans, newest first.</summary>
    [Id(1)] public ImmutableArray<ServingPlan> Plans { get; set; } = [];
}
