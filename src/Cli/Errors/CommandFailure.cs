using E2LLM.Silo.Hosting;

namespace E2LLM.Cli.Errors;

/// <summary>How a failed command ends: what the user can act on in one line, everything else with its stack.</summary>
internal static class CommandFailure
{
    private const int Failed = 1;
    private const int Cancelled = 130;

    /// <summary>What was wrong with the command line.</summary>
    public static int Report(string command, IEnumerable<string> errors)
    {
        Console.Error.WriteLine($"e2llm {command}: {string.Join(" ", errors)} See e2llm {command} --help.");
        return Failed;
    }

    public static int Report(Exception exception)
    {
        if (exception is OperationCanceledException)
            return Cancelled;
        Console.Error.WriteLine($"e2llm: {StartFailure.Describe(exception) ?? exception.ToString()}");
        return Failed;
    }
}
