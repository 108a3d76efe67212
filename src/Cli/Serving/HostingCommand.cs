using System.CommandLine;

namespace E2LLM.Cli.Serving;

/// <summary>
/// A command that runs a silo in its own process. Its host listens for Ctrl-C and SIGTERM and stops in its own time; the command line
/// library, which ends a command two seconds after either, has to leave them alone.
/// </summary>
internal sealed class HostingCommand(string name, string description) : Command(name, description);
