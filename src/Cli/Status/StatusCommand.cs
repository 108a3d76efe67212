using System.CommandLine;
using E2LLM.Cli.Ask;
using E2LLM.Cli.Devices;
using E2LLM.Cli.Rendering;
using Spectre.Console;

namespace E2LLM.Cli.Status;

/// <summary><c>e2llm status</c>: fleet, plan, load and latencies of a running silo.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var client = new ClientArguments();
        var command = new Command("status", "Show fleet, plan, load and latencies of a running silo.");
        client.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            await using var fleet = await client.ConnectAsync(arguments, cancellationToken);
            var modelId = await client.ModelIdAsync(arguments, fleet, cancellationToken);
            var status = await fleet.GetStatusAsync(modelId, cancellationToken);
            var console = Consoles.Create();
            console.MarkupLineInterpolated($"model {modelId}: {status.Phase.ToString().ToLowerInvariant()} {status.Error}");
            if (status.Fleet is { } described)
                console.Write(FleetTable.Create(described, status.Profiles));
            foreach (var line in WeightsLines.Of(await fleet.GetFleetAsync(modelId, cancellationToken)))
                console.MarkupLineInterpolated($"{line}");
            if (status is { Plan: { } plan, Fleet: { } planned })
            {
                console.Write(PlanTable.Create(plan, planned));
                console.Write(ExplanationLines.Create(status.Explanation));
            }
            if (status.Replicas.Length > 0)
            {
                console.Write(LoadTable.Create(status.Replicas));
                console.Write(KvTable.Create(status.Replicas));
                foreach (var replica in status.Replicas.Where(replica => replica.LastFailure.Length > 0))
                    console.MarkupLineInterpolated($"- {replica.Key}: {replica.LastFailure}");
            }
            var statistics = await fleet.GetStatisticsAsync(modelId, cancellationToken);
            if (statistics.Whole.Requests > 0)
                console.Write(LatencyTable.Create(statistics));
            // For scripts: 0 says that requests are answered.
            return status.Replicas.Any(replica => replica.IsServing) ? 0 : 1;
        });
        return command;
    }
}
