using E2LLM.Core.Plans;

namespace E2LLM.Scheduling.Routing;

/// <summary>Rates that a plan predicts of a replica, for as long as nobody has measured them.</summary>
public static class PlannedRates
{
    /// <summary>Tokens of prompts a second when nothing else runs; 0 where the plan predicts none.</summary>
    public static double ReadTokensPerSecond(ReplicaPlan replica)
    {
        // Asked for every replica with every request.
        var chunkSeconds = 0.0;
        foreach (var stage in replica.Stages)
            chunkSeconds = Math.Max(chunkSeconds, stage.PrefillSeconds);
        return chunkSeconds > 0 ? replica.Engine.MaxStepTokens / chunkSeconds : 0;
    }

    /// <summary>Tokens a second that the replica works off in its role; infinite where the plan predicts none.</summary>
    public static double TokensPerSecond(ReplicaPlan replica) => replica switch
    {
        { Role: ReplicaRole.Prefill } when ReadTokensPerSecond(replica) is > 0 and var rate => rate,
        { DecodeConcurrency: > 0, TokenSeconds: > 0 } => replica.DecodeConcurrency / replica.TokenSeconds,
        _ => 1 / replica.PeriodSeconds,
    };

    /// <summary>Seconds between two tokens of an answer while so many requests run; 0 where the plan predicts none.</summary>
    /// <remarks>A step costs so much however few rows it has, and so much a row: between one request and all of them it is a line.</remarks>
    public static double TokenSeconds(ReplicaPlan replica, double running)
    {
        var alone = 0.0;
        foreach (var stage in replica.Stages)
            alone += stage.DecodeSeconds + stage.HopSeconds;
        if (replica.DecodeConcurrency <= 1 || replica.TokenSeconds <= alone)
            return Math.Max(alone, replica.TokenSeconds);
        return alone + (replica.TokenSeconds - alone) * Math.Clamp((running - 1) / (replica.DecodeConcurrency - 1), 0, 1);
    }
}
