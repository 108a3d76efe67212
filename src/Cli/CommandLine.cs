using System.CommandLine;
using E2LLM.Cli.Ask;
using E2LLM.Cli.Bench;
using E2LLM.Cli.Certificates;
using E2LLM.Cli.Demo;
using E2LLM.Cli.Devices;
using E2LLM.Cli.Errors;
using E2LLM.Cli.Planning;
using E2LLM.Cli.Serving;
using E2LLM.Cli.Simulating;
using E2LLM.Cli.Status;

namespace E2LLM.Cli;

/// <summary>All commands of the tool, and how one of them is run.</summary>
internal static class CommandLine
{
    public static RootCommand Create() => new("Serves a language model on a fleet of unlike devices, none of which has to hold it whole.")
    {
        DemoCommand.Create(),
        PlanCommand.Create(),
        SimulateCommand.Create(),
        ServeCommand.Create(),
        AskCommand.Create(),
        StatusCommand.Create(),
        DevicesCommand.Create(),
        BenchCommand.Create(),
        CertCommand.Create(),
    };

    /// <summary>The process's exit code. Errors are turned into messages here and nowhere else.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var run = Create().Parse(args);
        // Without a command the library shows the help; a wrong option deserves its one line, not a page.
        if (run.Errors.Count > 0 && run.CommandResult.Command.Subcommands.Count == 0)
            return CommandFailure.Report(run.CommandResult.Command.Name, run.Errors.Select(error => error.Message));
        try
        {
            var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false };
            if (run.CommandResult.Command is HostingCommand)
                invocation.ProcessTerminationTimeout = null;
            return await run.InvokeAsync(invocation);
        }
        catch (Exception exception)
        {
            return CommandFailure.Report(exception);
        }
    }
}
