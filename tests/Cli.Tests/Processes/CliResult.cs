namespace E2LLM.Cli.Tests.Processes;

/// <summary>How a run of the tool ended, and what it wrote.</summary>
internal sealed record CliResult(int ExitCode, string Output, string Error);
