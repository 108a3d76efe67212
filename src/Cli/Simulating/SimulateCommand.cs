using System.CommandLine;

namespace E2LLM.Cli.Simulating;

/// <summary><c>e2llm simulate</c>: what planners' plans do under a workload, request by request on a virtual clock.</summary>
internal static class SimulateCommand
{
    public static Command Create(TimeProvider? time = null)
    {
        var options = new SimulateOptions();
        var command = new Command("simulate", "Simulate planners' plans of a fleet under a workload or a trace: waits, latencies and goodput with their intervals, busy devices, a timeline.");
        options.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            await new SimulateRun(options.Settings(arguments), arguments.InvocationConfiguration.Output, time ?? TimeProvider.System).RunAsync(cancellationToken);
            return 0;
        });
        return command;
    }
}
