using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace E2LLM.Cli.Rendering;

/// <summary>Who holds which layers, and what each stage is expected to cost.</summary>
internal static class PlanTable
{
    public static IRenderable Create(ServingPlan plan, FleetSpec fleet)
    {
        var table = new Table()
            .Title($"Plan {plan.Generation} by {Markup.Escape(plan.Planner)}")
            .Caption("times predicted from the profiles: one decode row of one sequence; period = the longer of compute and hop")
            .RoundedBorder();
        table.AddColumns("replica", "stage", "device", "layers", "weights", "KV", "of memory", "compute", "hop", "period");
        foreach (var column in table.Columns.Skip(4))
            column.RightAligned();
        foreach (var replica in plan.Replicas)
            for (var index = 0; index < replica.Stages.Length; index++)
                table.AddRow(Row(replica, index, fleet));
        return table;
    }

    private static string[] Row(ReplicaPlan replica, int index, FleetSpec fleet)
    {
        var stage = replica.Stages[index];
        var memoryBytes = fleet.Find(stage.DeviceId)?.MemoryBytes ?? 0;
        var usedBytes = stage.WeightBytes + stage.KvBytes + stage.ScratchBytes;
        var isSlowest = stage.PeriodSeconds >= replica.PeriodSeconds;
        var period = Units.Seconds(stage.PeriodSeconds);
        return
        [
            index == 0 ? $"{Markup.Escape(replica.Id)} {replica.Role.ToString().ToUpperInvariant()}" : "",
            $"{index}",
            Markup.Escape(stage.DeviceId),
            $"{stage.FirstLayer}-{stage.EndLayer - 1}",
            Units.Bytes(stage.WeightBytes),
            Units.Bytes(stage.KvBytes),
            memoryBytes > 0 ? $"{100.0 * usedBytes / memoryBytes:0} %" : "-",
            Units.Seconds(stage.DecodeSeconds),
            Units.Seconds(stage.HopSeconds),
            isSlowest ? $"[yellow]{period}[/]" : period,
        ];
    }
}
