using System.CommandLine;

namespace E2LLM.Cli.Bench;

/// <summary><c>e2llm bench serve</c>: puts an OpenAI-compatible server under load and measures its answers.</summary>
internal static class ServeBenchCommand
{
    public static Command Create()
    {
        var arguments = new BenchArguments();
        var command = new Command("serve", "Put an OpenAI-compatible server under load and measure latency, throughput and goodput.");
        arguments.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
            ServeBenchRun.RunAsync(arguments.Read(parsed), TimeProvider.System, cancellationToken));
        return command;
    }
}
