using System.CommandLine;
using E2LLM.Cli.Ask;
using E2LLM.Cli.Demo;
using E2LLM.Cli.Errors;
using E2LLM.Cli.Planning;
using E2LLM.Cli.Serving;
using E2LLM.Cli.Status;

var root = new RootCommand("Serves a language model on a fleet of unlike devices, none of which has to hold it whole.")
{
    DemoCommand.Create(),
    PlanCommand.Create(),
    ServeCommand.Create(),
    AskCommand.Create(),
    StatusCommand.Create(),
};

// Errors are turned into messages here and nowhere else.
var run = root.Parse(args);
try
{
    return await run.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception exception)
{
    return CommandFailure.Report(exception);
}
