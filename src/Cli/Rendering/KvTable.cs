using E2LLM.Grains.Interfaces.Replicas;
using Spectre.Console;

namespace E2LLM.Cli.Rendering;

/// <summary>What the replicas have in their KV caches, and what reuse and shortage of cells have come to.</summary>
internal static class KvTable
{
    public static Table Create(IEnumerable<ReplicaStatus> replicas)
    {
        var table = new Table().Title("KV cache").RoundedBorder();
        table.AddColumns("replica", "cells", "reserved", "kept", "prefix hits", "tokens shared", "evicted", "preempted");
        foreach (var column in table.Columns.Skip(1))
            column.RightAligned();
        foreach (var replica in replicas)
            table.AddRow(
                Markup.Escape(replica.Key),
                $"{replica.KvCells}",
                $"{replica.ReservedKvCells}",
                $"{replica.KeptKvCells} in {replica.KeptPrefixes}",
                $"{replica.PrefixHits} of {replica.PrefixLookups}",
                $"{replica.PrefixHitTokens}",
                $"{replica.PrefixEvictions}",
                $"{replica.Preemptions}");
        return table;
    }
}
