using System.CommandLine;
using E2LLM.Cli.Planning.Listing;

namespace E2LLM.Cli.Planning;

/// <summary><c>e2llm plan</c>: what a fleet would do with a model, without touching either.</summary>
internal static class PlanCommand
{
    public static Command Create(TimeProvider? time = null)
    {
        var options = new PlanOptions();
        var command = new Command("plan", "Plan a fleet for a model and a workload: which devices hold which layers, in which roles, what to expect, and how near that is to the best.");
        options.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var output = arguments.InvocationConfiguration.Output;
            if (options.IsList(arguments))
            {
                PresetList.Write(output);
                return 0;
            }
            await new PlanRun(options.Settings(arguments), output, time ?? TimeProvider.System).RunAsync(cancellationToken);
            return 0;
        });
        return command;
    }
}
