using E2LLM.Core.Plans;

namespace E2LLM.Scheduling.Routing;

/// <summary>Rates that a plan predicts of a replica, for as long as nobody has measured them.</summary>
public static class PlannedRates
{
    /// <summary>Tokens of prompts a second when nothing else runs; 0 where the plan predicts none.</summary>
    public static double ReadTokensPerSecond(ReplicaPlan replica)
    {
        var chunkSeconds = replica.Stages.Max(stage => stage.PrefillSeconds);
        return chunkSeconds > 0 ? replica.Engine.MaxStepTokens / chunkSeconds : 0;
    }

    /// <summary>Tokens a second that the replica works off in its role; infinite where the plan predicts none.</summary>
    public static double TokensPerSecond(ReplicaPlan replica) =>
        replica.Role == ReplicaRole.Prefill && ReadTokensPerSecond(replica) is > 0 and var rate ? rate : 1 / replica.PeriodSeconds;
}
