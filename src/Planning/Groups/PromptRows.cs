using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;

namespace E2LLM.Planning.Groups;

/// <summary>How many prompt rows a MIXED replica may put beside many answers: as many as it takes to use its devices well, and no more.</summary>
/// <remarks>
/// In the long run a step has as many prompt rows for each decode row as requests have prompt tokens for each of their answers. So the rows bound the
/// answers that run at once, and with them how much of a step goes to what it costs whatever is in it. Where that is most of it, as on a
/// fast GPU, 64 rows can leave two thirds of the rate (prompts of 1,155 tokens, answers of 211); where it is little, more rows only make more requests
/// share the same devices, and each of them ends later.
/// </remarks>
internal static class PromptRows
{
    /// <summary>Of the rate that the most rows give: what is left has a price in latency.</summary>
    private const double EnoughOfRate = 0.85;

    /// <summary>0 for a replica that does not do both.</summary>
    public static int BesideDecode(ServingCosts serving, GroupPlan group)
    {
        if (group.Role != ReplicaRole.Mixed || serving.DecodeSteps < 1)
            return 0;
        var most = Math.Max(RoleCosts.PromptRowsBesideDecode, group.Choice.Settings.MaxStepTokens);
        var best = Rate(serving, group, most);
        for (var rows = RoleCosts.PromptRowsBesideDecode; rows < most; rows *= 2)
            if (Rate(serving, group, rows) >= EnoughOfRate * best)
                return rows;
        return most;
    }

    /// <summary>Requests per second in the long run with so many prompt rows a step at most.</summary>
    private static double Rate(ServingCosts serving, GroupPlan group, int promptRows)
    {
        var (fleet, workload) = (serving.Fleet, serving.Workload);
        var answers = Math.Min(group.MicroBatchSequences, Math.Max(1, promptRows * serving.DecodeSteps / workload.MeanInputTokens));
        var batch = (int)Math.Round(answers);
        var rows = answers * workload.MeanInputTokens / serving.DecodeSteps;
        var (period, first) = (0.0, 0);
        foreach (var (device, end) in group.Stages)
        {
            var work = fleet.LayerWork[end] - fleet.LayerWork[first];
            period = Math.Max(period, fleet.Decode(device, batch, serving.ContextTokens, group.Choice.Settings.KvType).Seconds(work, end == fleet.LayerCount)
                + work * fleet.RiderSeconds(device, batch, rows));
            first = end;
        }
        return answers / (serving.DecodeSteps * period);
    }
}
