using E2LLM.Grains.Interfaces.Replicas;
using Spectre.Console;

namespace E2LLM.Cli.Rendering;

/// <summary>What the replicas have to do.</summary>
internal static class LoadTable
{
    public static Table Create(IEnumerable<ReplicaStatus> replicas)
    {
        var table = new Table().Title("Load").RoundedBorder();
        table.AddColumns("replica", "queued", "running", "steps in flight", "steps done", "steps lost", "requests done", "tokens written");
        foreach (var column in table.Columns.Skip(1))
            column.RightAligned();
        foreach (var replica in replicas)
            table.AddRow(
                Markup.Escape(replica.Key) + (replica.IsServing ? "" : " (not serving)"),
                $"{replica.QueuedRequests}",
                $"{replica.RunningRequests}",
                $"{replica.StepsInFlight}",
                $"{replica.CompletedSteps}",
                $"{replica.FailedSteps}",
                $"{replica.CompletedRequests}",
                $"{replica.GeneratedTokens}");
        return table;
    }
}
