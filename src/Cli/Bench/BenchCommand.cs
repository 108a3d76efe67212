using System.CommandLine;

namespace E2LLM.Cli.Bench;

/// <summary><c>e2llm bench</c>: measurements.</summary>
internal static class BenchCommand
{
    public static Command Create() => new("bench", "Measure a server.") { ServeBenchCommand.Create() };
}
