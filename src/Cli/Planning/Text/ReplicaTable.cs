using E2LLM.Core.Plans;
using E2LLM.Core.Plans.Documents;
using E2LLM.Planning.Explanation;
using Spectre.Console;

namespace E2LLM.Cli.Planning.Text;

/// <summary>Who holds which layers, what a mean request costs there, and what limits each replica.</summary>
internal static class ReplicaTable
{
    public const string Caption = "Times are those of one mean request; period: the longest of compute, hop and KV transfer; * sets the replica's rate.";

    private const int MaxNameCharacters = 19;

    public static Table Create(ServingPlan plan, PlanExplanation explanation)
    {
        var table = new Table()
            .Title($"Plan by {Markup.Escape(plan.Planner)}")
            .RoundedBorder();
        table.AddColumns("replica", "device", "layers", "weights", "KV", "memory", "compute", "hop", "KV hop", "period");
        foreach (var column in table.Columns)
            column.NoWrap();
        foreach (var column in table.Columns.Skip(3))
            column.RightAligned();
        for (var index = 0; index < explanation.Replicas.Length; index++)
        {
            if (index > 0)
                table.AddEmptyRow();
            AddReplica(table, plan.Replicas[index], explanation.Replicas[index]);
        }
        return table;
    }

    private static void AddReplica(Table table, ReplicaPlan replica, ReplicaExplanation explained)
    {
        string[] heads =
        [
            $"[bold]{Markup.Escape(replica.Id)} {RoleNames.Of(replica.Role)}[/]",
            Figures.Rate(replica.RequestsPerSecond),
            replica.DecodeConcurrency > 0 ? $"{replica.DecodeConcurrency} at once" : "",
            replica.Engine.KvType == KvCacheType.F16 ? "" : $"KV {PlanJson.NameOf(replica.Engine.KvType)}",
        ];
        for (var index = 0; index < Math.Max(heads.Length, replica.Stages.Length); index++)
        {
            var head = index < heads.Length ? heads[index] : "";
            if (index >= replica.Stages.Length)
            {
                if (head.Length > 0)
                    table.AddRow(head);
                continue;
            }
            var (stage, costs) = (replica.Stages[index], explained.Stages[index]);
            var isBinding = costs.BusyShare == 1 && explained.SlotSeconds <= costs.RequestSeconds;
            table.AddRow(
                head,
                Markup.Escape(Figures.Shorten(stage.DeviceId, MaxNameCharacters)),
                Figures.Layers(stage.FirstLayer, stage.LayerCount),
                Figures.Bytes(stage.WeightBytes),
                Figures.Bytes(stage.KvBytes),
                $"{100 * costs.MemoryShare:0} %",
                Figures.Seconds(costs.RequestComputeSeconds),
                index == replica.Stages.Length - 1 ? "-" : Figures.Seconds(costs.RequestHopSeconds),
                costs.RequestKvSeconds == 0 ? "-" : Figures.Seconds(costs.RequestKvSeconds),
                isBinding ? $"[yellow]{Figures.Seconds(costs.RequestSeconds)}*[/]" : $"{Figures.Seconds(costs.RequestSeconds)} ");
        }
    }
}
